import type { Ledger, WakeUp } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import type { IntakeCrashPoint } from './crash-point.ts';
import { type Loop, startLoop } from './loop.ts';
import type { Runs } from './runs.ts';

export interface DispatcherOptions {
  readonly ledger: Ledger;
  readonly runs: Runs;
  readonly log: Log;
  /** For tests: where the process may end. */
  crashPoint?(at: IntakeCrashPoint): void;
}

const firstRetryMs = 500;
const lastRetryMs = 15_000;

/** When a wake-up that was not accepted is due again: doubling from half a second to fifteen. */
export const nextAttemptAt = (now: number, attempts: number): number =>
  now + Math.min(firstRetryMs * 2 ** Math.min(attempts, 10), lastRetryMs);

/** Sends wake-ups at least once, in order per group, until Temporal accepts them. While it is away they wait in the ledger. */
export function startDispatcher({ ledger, runs, log, crashPoint }: DispatcherOptions): Loop {
  let away = false;
  const send = async (wakeUp: WakeUp): Promise<boolean> => {
    try {
      crashPoint?.('dispatched');
      await runs.wake(wakeUp);
      crashPoint?.('signalled');
      await ledger.wakeUpSent(wakeUp.id);
      if (away) log.info('Temporal accepts wake-ups again');
      away = false;
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!away)
        log.warn('Temporal did not accept a wake-up; it is kept and sent again', { workflowId: wakeUp.workflowId, error: message });
      away = true;
      await ledger.wakeUpFailed(wakeUp.id, message, nextAttemptAt(Date.now(), wakeUp.attempts));
      return false;
    }
  };
  return startLoop({
    name: 'dispatch',
    everyMs: 500,
    log,
    async pass() {
      const due = await ledger.dueWakeUps(Date.now(), 20);
      // dueWakeUps gives at most one per group: the next becomes due when this one is sent.
      const sent = await Promise.all(due.map(send));
      return sent.some(Boolean);
    },
  });
}
