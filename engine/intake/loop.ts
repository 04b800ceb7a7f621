import type { Log } from '../log/index.ts';

export interface Loop {
  /** Something may be there to do: runs at once, or again after the pass under way. */
  kick(): void;
  /** Lets the pass under way end; none begins after. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  readonly name: string;
  /** Also without a kick, this long after the last pass. */
  readonly everyMs: number;
  readonly log: Log;
  /** One pass; true: there is more to do now. A throw is logged and the loop goes on. */
  pass(): Promise<boolean>;
}

/** Runs passes one at a time, never two at once. */
export function startLoop({ name, everyMs, log, pass }: LoopOptions): Loop {
  let stopping = false;
  let kicked = true;
  let wake: () => void = () => {};

  const run = async (): Promise<void> => {
    while (!stopping) {
      if (!kicked) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, everyMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        if (stopping) return;
      }
      kicked = false;
      try {
        if (await pass()) kicked = true;
      } catch (error) {
        log.error(`${name} failed; it goes on in ${everyMs} ms`, { error: error instanceof Error ? error.message : String(error) });
      }
    }
  };
  const done = run();
  return {
    kick() {
      kicked = true;
      wake();
    },
    async stop() {
      stopping = true;
      wake();
      await done;
    },
  };
}
