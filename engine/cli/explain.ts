import { GantryError } from '../errors/index.ts';
import { ledgerFile } from '../layout.ts';
import { openLedgerReader } from '../ledger/index.ts';
import { type CommonOptions, dataFolder } from './common.ts';
import { printJson, printTable } from './print.ts';

export async function explain(uid: string, options: CommonOptions): Promise<void> {
  const ledger = await openLedgerReader({ file: ledgerFile(dataFolder(options)) });
  const story = await ledger.explain(uid).finally(() => ledger.close());
  if (story.length === 0) throw new GantryError('GY805', `nothing is known of ${uid}`);
  const events = story.map(({ at, what, why }) => ({ at: new Date(at).toISOString(), what, why }));
  if (options.json) return printJson({ uid, events });
  printTable(
    ['AT', 'WHAT', 'WHY'],
    events.map(({ at, what, why }) => [at, what, why]),
  );
}
