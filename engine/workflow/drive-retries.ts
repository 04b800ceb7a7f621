import { condition, isCancellation, scheduleActivity } from '@temporalio/workflow';
import type { StepDefinition } from '../language/definition.ts';
import { type AttemptError, nextRetry, type RetryHappening, type RetryWait, startRetry } from '../retries/index.ts';
import { attemptErrorOf, spaceToAwait } from './attempt-error.ts';
import { type AwaitSpaceInput, type StepCall, waitingTaskQueue } from './contract.ts';
import { inWords, type Order } from './inbox.ts';
import { label } from './label.ts';
import { callOf, type Run } from './run.ts';
import { renderSummary } from './summary.ts';

/** How a step, or one decision of a batch, ended. `note`: what an operator or a policy had to do with it. */
export type Ended =
  | { readonly state: 'succeeded'; readonly output: unknown; readonly note: string | null }
  | { readonly state: 'failed' | 'skipped'; readonly error: AttemptError; readonly note: string | null };

/**
 * Runs the retry machine of a step: an attempt becomes an activity, a pause a durable timer, and a parked step waits for an operator.
 * Throws only the cancellation of the run.
 */
export async function driveRetries(
  run: Run,
  step: StepDefinition,
  options: StepCall['options'],
  batch?: StepCall['batch'],
): Promise<Ended> {
  let output: unknown = null;
  let order: Order | null = null;
  let { snapshot, wait } = startRetry(step.retry);
  while (wait.kind !== 'end') {
    let happening: RetryHappening;
    if (wait.kind === 'attempt') {
      run.board.step(step.id, { state: 'running', attempts: wait.total, note: order === null ? null : inWords(order) });
      order = null;
      try {
        output = await attempt(run, step, callOf(run, step, wait.total, options, batch));
        happening = { type: 'done' };
      } catch (error) {
        if (isCancellation(error)) throw error;
        happening = { type: 'error', error: attemptErrorOf(error, step.timeoutMs) };
      }
    } else {
      order = await pause(run, step, wait);
      happening = order === null ? { type: 'elapsed' } : { type: order.type };
    }
    ({ snapshot, wait } = nextRetry(snapshot, happening));
  }
  if (wait.state !== 'succeeded') return { state: wait.state, error: wait.error, note: order === null ? null : inWords(order) };
  const note = wait.takenAsDone === null ? null : label(`taken as done: ${wait.takenAsDone.message}`);
  return { state: 'succeeded', output, note };
}

/** One attempt, from when there is space to begin it: neither the time that it waits nor the activity that found out counts. */
async function attempt(run: Run, step: StepDefinition, call: StepCall): Promise<unknown> {
  for (;;) {
    try {
      return await perform(step, call);
    } catch (error) {
      const waiting = spaceToAwait(error);
      if (waiting === null) throw error;
      run.board.step(step.id, { note: label(waiting.why) });
      await scheduleActivity('gantry/await-space', [{ use: waiting.use } satisfies AwaitSpaceInput], {
        activityId: `${step.id}/space`,
        taskQueue: waitingTaskQueue,
        summary: label(`${step.id}: ${waiting.why}`),
        startToCloseTimeout: '30 d',
        heartbeatTimeout: '30 s',
        retry: { initialInterval: '1 s', maximumInterval: '30 s' },
      });
      run.board.step(step.id, { note: null });
    }
  }
}

/**
 * Temporal itself retries only what says nothing about the step: a worker that died (no heartbeat for 30 s) or was stopped.
 * A step's own errors come as non-retryable failures. Running out of time is one of them too: `TemporalTimeout:` and the timeout's name is
 * how the server spells that in a retry policy (TimeoutFailureTypePrefix in its common/retrypolicy).
 */
function perform(step: StepDefinition, call: StepCall): Promise<unknown> {
  return scheduleActivity(step.uses, [call], {
    activityId: step.id,
    summary: renderSummary(step.summary, call.options),
    startToCloseTimeout: step.timeoutMs,
    heartbeatTimeout: '30 s',
    retry: {
      initialInterval: '1 s',
      maximumInterval: '30 s',
      maximumAttempts: 5,
      nonRetryableErrorTypes: ['TemporalTimeout:StartToClose', 'TemporalTimeout:ScheduleToClose'],
    },
  });
}

/** Waits for the next attempt's time or for an operator, whose word it answers; a parked step waits for the operator alone. */
async function pause(
  { board, inbox }: Run,
  step: StepDefinition,
  wait: Extract<RetryWait, { kind: 'pause' | 'parked' }>,
): Promise<Order | null> {
  const { code, message, hint } = wait.error;
  const error = { code, message, hint };
  inbox.listen(step.id);
  if (wait.kind === 'parked') {
    board.step(step.id, { state: 'parked', error, note: label(`waits for retry, skip or fail: ${message}`) });
    await condition(() => inbox.order !== null);
  } else {
    board.step(step.id, { state: 'pausing', error, note: label(wait.why) });
    // Of no time at all the SDK makes a patch marker: 0 once meant "for ever" to it.
    await condition(() => inbox.order !== null, Math.max(wait.pauseMs, 1), { summary: label(`${step.id}: ${wait.why}`) });
  }
  return inbox.order;
}
