import { access, stat } from 'node:fs/promises';
import type { Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import type { Storage } from '../storage/index.ts';

export interface SweepOptions {
  readonly storage: Storage;
  readonly ledger: Ledger;
  readonly log: Log;
  /** Milliseconds since the epoch; default: when this process started. Files written since may be on their way into the ledger. */
  readonly startedAt?: number;
}

/** What a sweep found. */
export interface SweepFindings {
  /** Temporary files of transfers that never ended, deleted. */
  readonly leftovers: number;
  /** Files without a row, deleted: a crash came between rename and commit, so their senders never got Success. */
  readonly orphans: number;
  /** Files without a row, left alone: the ledger has no rows at all, so it cannot speak of them. */
  readonly spared: number;
  /** Rows without their file. */
  readonly lost: number;
}

/** Reconciles files and rows, both ways. Throws what storage and ledger throw. */
export async function sweep({ storage, ledger, log, startedAt = performance.timeOrigin }: SweepOptions): Promise<SweepFindings> {
  // Rows before files, and rows once more after: what is recorded or reclaimed meanwhile must look neither lost nor orphaned.
  const before = await ledger.knownPaths();
  const { paths, leftovers } = await storage.scan(before);
  // Due for deletion, so rightly gone: deleted just now, or before a crash that came ahead of the mark. The reclaimer marks them.
  const due = new Set((await ledger.reclaimable(Number.MAX_SAFE_INTEGER)).map(({ path }) => path));
  const after = await ledger.knownPaths();

  const onDisk = new Set(paths);
  const missing = [...before].filter((path) => after.has(path) && !onDisk.has(path) && !due.has(path));
  const unknown = paths.filter((path) => !after.has(path));
  const isNewLedger = after.size === 0 && (await ledger.instances({ limit: 1 })).length === 0;

  const findings = {
    leftovers,
    orphans: isNewLedger ? 0 : await deleteOrphans(unknown, storage, startedAt),
    spared: isNewLedger ? unknown.length : 0,
    lost: await reportLost(missing, storage, ledger),
  };
  tell(findings, log);
  return findings;
}

async function deleteOrphans(paths: readonly string[], storage: Storage, startedAt: number): Promise<number> {
  let deleted = 0;
  for (const path of paths) {
    const written = await stat(storage.resolve(path)).catch(() => null);
    if (written === null || written.mtimeMs >= startedAt) continue;
    await storage.delete(path);
    deleted++;
  }
  return deleted;
}

async function reportLost(paths: readonly string[], storage: Storage, ledger: Ledger): Promise<number> {
  let lost = 0;
  for (const path of paths) {
    // Only a file that is surely gone: one that cannot be looked at may be there.
    const reason: unknown = await access(storage.resolve(path)).then(
      () => null,
      (error) => error.code,
    );
    if (reason !== 'ENOENT') continue;
    await ledger.lost(path);
    lost++;
  }
  return lost;
}

function tell(findings: SweepFindings, log: Log): void {
  const { leftovers, orphans, spared, lost } = findings;
  if (lost > 0) log.error('files that the ledger holds are gone from storage', { lost });
  if (spared > 0) log.error('storage has files, and the ledger is empty: they are left alone', { spared });
  if (leftovers + orphans > 0)
    log.warn('files of transfers that a crash cut off were deleted; their senders got no Success', { leftovers, orphans });
  if (lost + spared + leftovers + orphans === 0) log.info('storage and ledger agree');
}
