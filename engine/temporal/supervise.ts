import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log/index.ts';
import { endProcess, type ServerProcess } from './server-process.ts';

/** After so long without a fault, the next one counts as the first. */
const soundMs = 60_000;

/** Pause before the n-th start in a row, n from 1: 0.1 s, doubling, at most 30 s. */
export const restartDelayMs = (n: number): number => Math.min(100 * 2 ** (n - 1), 30_000);

export interface Supervisor {
  /** null while there is none. */
  readonly pid: number | null;
  /** Ends the server, and starts no other. */
  stop(): Promise<void>;
}

/**
 * Starts a server that ended unasked again, for as long as it takes: its ports stay the same, so connections to it are made again by
 * themselves.
 */
export function supervise(first: ServerProcess, start: () => ServerProcess, log: Log): Supervisor {
  const stopping = new AbortController();
  let current: ServerProcess | null = first;

  const startAgain = (): ServerProcess => {
    try {
      return start();
    } catch (error) {
      // A full disk or too many open files, say: no reason to give up.
      return { pid: null, ended: Promise.resolve(error instanceof Error ? error.message : String(error)) };
    }
  };
  const watch = async (): Promise<void> => {
    for (let faults = 0; current !== null; ) {
      const since = Date.now();
      const how = await current.ended;
      if (stopping.signal.aborted) return;
      current = null;
      faults = Date.now() - since > soundMs ? 1 : faults + 1;
      const delayMs = restartDelayMs(faults);
      log.warn('the Temporal server ended unasked and is started again; temporal.log may say why', { how, delayMs });
      await sleep(delayMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
      if (stopping.signal.aborted) return;
      current = startAgain();
    }
  };
  void watch();

  return {
    get pid() {
      return current?.pid ?? null;
    },
    async stop() {
      stopping.abort();
      const pid = current?.pid ?? null;
      if (pid !== null) await endProcess(pid);
      current = null;
    },
  };
}
