import type { Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import type { Storage } from '../storage/index.ts';
import { type Loop, startLoop } from './loop.ts';

export interface ReclaimerOptions {
  readonly ledger: Ledger;
  readonly storage: Storage;
  readonly log: Log;
}

/** Deletes files that nothing holds any more. The list is the ledger's, so a restart forgets none. */
export function startReclaimer({ ledger, storage, log }: ReclaimerOptions): Loop {
  return startLoop({
    name: 'reclaiming',
    everyMs: 1_000,
    log,
    async pass() {
      const files = await ledger.reclaimable(200);
      if (files.length === 0) return false;
      await Promise.all(files.map((file) => storage.delete(file.path)));
      await ledger.reclaimed(files);
      return true;
    },
  });
}
