import type { Log } from '../log/index.ts';
import type { Storage } from '../storage/index.ts';
import { type Loop, startLoop } from './loop.ts';

export interface SpaceWatchOptions {
  readonly storage: Pick<Storage, 'space'>;
  readonly log: Log;
  readonly now?: () => number;
  readonly everyMs?: number;
}

/** Space that comes and goes at the very limit would fill the log: it is back when it has been there for this long. */
const steadyMs = 5_000;

const gb = (bytes: number): number => Math.round(bytes / 1e7) / 100;

/** Says once when free space falls below the reserve, and once when there is enough again, however many are refused in between. */
export function startSpaceWatch({ storage, log, now = () => performance.now(), everyMs = 1_000 }: SpaceWatchOptions): Loop {
  let closed = false;
  let openSince: number | null = null;
  return startLoop({
    name: 'watching the free space',
    everyMs,
    log,
    async pass() {
      const { open, freeBytes, reservedBytes } = await storage.space();
      const facts = { freeGb: gb(freeBytes), reservedGb: gb(reservedBytes) };
      if (!open) {
        if (!closed) log.error('free space is below the reserve: nothing is received until there is more', facts);
        closed = true;
        openSince = null;
      } else if (closed) {
        openSince ??= now();
        if (now() - openSince < steadyMs) return false;
        log.info('there is enough free space again: instances are received', facts);
        closed = false;
      }
      return false;
    },
  });
}
