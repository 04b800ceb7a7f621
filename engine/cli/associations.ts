import { GantryError } from '../errors/index.ts';
import { ledgerFile } from '../layout.ts';
import { type AssociationFilter, type AssociationRow, openLedgerReader } from '../ledger/index.ts';
import { formatDuration, parseDuration } from '../plugin/index.ts';
import { type CommonOptions, dataFolder } from './common.ts';
import { formatBytes, note, printJson, printTable } from './print.ts';

interface AssociationsOptions extends CommonOptions {
  readonly open?: boolean;
  readonly how?: AssociationRow['how'];
  readonly calling?: string;
  readonly called?: string;
  readonly peer?: string;
  readonly since?: string;
  readonly limit: string;
}

/** Newest first. Throws GY810 for a `since` that is no duration and a `limit` that is no number. */
export async function list(options: AssociationsOptions): Promise<void> {
  const { calling, called, peer } = options;
  const how = options.open ? 'open' : options.how;
  const now = Date.now();
  const filter: AssociationFilter = {
    limit: limitOf(options),
    ...(how === undefined ? {} : { how }),
    ...(calling === undefined ? {} : { callingAeTitle: calling }),
    ...(called === undefined ? {} : { calledAeTitle: called }),
    ...(peer === undefined ? {} : { peer }),
    ...(options.since === undefined ? {} : { since: now - durationOf(options.since) }),
  };
  const ledger = await openLedgerReader({ file: ledgerFile(dataFolder(options)) });
  const rows = await ledger.associations(filter).finally(() => ledger.close());
  if (options.json) return printJson(rows.map(asJson));
  if (rows.length === 0) return note('the ledger knows no such association');
  printTable(
    ['STARTED', 'FROM', 'TO', 'ENDED', 'DURATION', 'STORED', 'FAILED', 'SIZE', 'WHY'],
    rows.map((row) => [
      new Date(row.openedAt).toISOString().slice(0, 19),
      row.peer === '' ? '(others)' : `${row.callingAeTitle}@${row.peer}`,
      row.calledAeTitle,
      row.times === 1 ? row.how : `${row.how} ×${row.times}`,
      formatDuration((row.closedAt ?? now) - row.openedAt),
      ...(row.how === 'rejected' ? ['', '', ''] : [String(row.stored), failures(row), formatBytes(row.sizeBytes)]),
      row.why ?? refusals(row),
    ]),
  );
}

function limitOf({ limit }: AssociationsOptions): number {
  if (/^[1-9]\d{0,6}$/.test(limit)) return Number(limit);
  throw new GantryError('GY810', `--limit is to be a whole number from 1 to 9999999, not "${limit}"`);
}

function durationOf(since: string): number {
  try {
    return parseDuration(since);
  } catch (error) {
    throw new GantryError('GY810', `--since: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** How many failed, and with what: `4 (A700×3, 0110×1)`. Warnings are of what is stored (PS3.7 §C.4.2). */
function failures({ failed, statuses }: AssociationRow): string {
  const told = Object.entries(statuses).filter(([status]) => status !== '0000' && !status.startsWith('B'));
  return told.length === 0 ? String(failed) : `${failed} (${told.map(([status, count]) => `${status}×${count}`).join(', ')})`;
}

/** Where nothing went wrong otherwise, contexts that were refused may be why a sender is unhappy. */
const refusals = ({ refusedContexts }: AssociationRow): string =>
  refusedContexts.length === 0 ? '' : `refused contexts: ${refusedContexts.length} (--json shows them)`;

const asJson = ({ openedAt, closedAt, ...row }: AssociationRow) => ({
  ...row,
  openedAt: new Date(openedAt).toISOString(),
  closedAt: closedAt === null ? null : new Date(closedAt).toISOString(),
});
