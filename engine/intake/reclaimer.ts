import type { Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import type { Storage } from '../storage/index.ts';
import type { IntakeCrashPoint } from './crash-point.ts';
import { type Loop, startLoop } from './loop.ts';

export interface ReclaimerOptions {
  readonly ledger: Ledger;
  readonly storage: Storage;
  readonly log: Log;
  /** For tests: where the process may end. */
  crashPoint?(at: IntakeCrashPoint): void;
}

/** Deletes files that nothing holds any more. The list is the ledger's, so a restart forgets none. */
export function startReclaimer({ ledger, storage, log, crashPoint }: ReclaimerOptions): Loop {
  return startLoop({
    name: 'reclaiming',
    everyMs: 1_000,
    log,
    async pass() {
      const files = await ledger.reclaimable(200);
      if (files.length === 0) return false;
      await Promise.all(
        files.map(async ({ path }) => {
          await storage.delete(path);
          crashPoint?.('reclaim-deleted');
        }),
      );
      await ledger.reclaimed(files);
      crashPoint?.('reclaimed');
      return true;
    },
  });
}
