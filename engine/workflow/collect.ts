import { condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { StepDefinition } from '../language/definition.ts';
import { engineCodes } from './attempt-error.ts';
import type { BatchOutput, RunInput, StepCall } from './contract.ts';
import { driveRetries, type Ended } from './drive-retries.ts';
import { label } from './label.ts';
import type { Run } from './run.ts';

/**
 * Shortest time between two decisions that no wake-up asked for. A decision's `wakeAt` is on the ledger's clock: where that one is behind
 * Temporal's, the moment is past here and not yet there, and the run would ask without a pause.
 */
const shortestWaitMs = 500;
/** The server's timers overflow after some centuries; who wants to wait that long is asked again. */
const longestWaitMs = 30 * 24 * 3_600_000;

/** Decides again and again until the batch is complete: at the start, at each decision's `wakeAt`, and when woken. */
export async function collectBatch(run: Run, step: StepDefinition, options: StepCall['options']): Promise<Ended> {
  const { board, inbox } = run;
  let state: unknown = null;
  let seen = 0;
  for (;;) {
    // Before the activity, not after: a wake-up that comes while it runs may tell of something that it has not seen.
    inbox.woken = false;
    const ended = await driveRetries(run, step, options, { state, seen, completeNow: inbox.completeNow });
    if (ended.state === 'failed') return ended;
    const decision = ended.state === 'succeeded' ? (ended.output as BatchOutput | null) : null;
    if (decision === null) return neverClosed(ended);
    board.count(decision.totals);
    board.step(step.id, { note: label(decision.why) });
    if (decision.complete) {
      run.collected = decision.instances;
      return {
        state: 'succeeded',
        output: { instances: decision.instances, totals: decision.totals, why: decision.why },
        note: label(decision.why),
      };
    }
    ({ state, seen } = decision);
    const isWoken = () => inbox.woken;
    if (decision.wakeAt === null) await condition(isWoken);
    else {
      const waitMs = Math.min(Math.max(decision.wakeAt - Date.now(), shortestWaitMs), longestWaitMs);
      await condition(isWoken, waitMs, { summary: label(`${step.id}: ${decision.why}`) });
    }
    // A very long collection goes on in a new history: the new run takes the same group again. An operator's word is obeyed before.
    if (workflowInfo().continueAsNewSuggested && inbox.completeNow === null) {
      await continueAsNew<(input: RunInput) => Promise<unknown>>(run.input);
    }
  }
}

/** Going on without a batch would export a group that still grows, and nothing would ever close it. */
function neverClosed(ended: Ended): Ended {
  const message = 'a batch cannot be left out: its group would never be closed';
  const error = {
    code: engineCodes.batchOpen,
    message,
    hint: 'complete it with the signal complete-now',
    retryable: false,
    retryAfterMs: null,
  };
  return { state: 'failed', error, note: ended.note };
}
