import { assign, fromPromise, setup } from 'xstate';
import type { RetryPolicy } from './policy.ts';

/** Why an attempt failed. `code` is what a policy's `on` names. */
export interface AttemptError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly retryable: boolean;
  /** The plugin's own word on when to try again, in milliseconds. */
  readonly retryAfterMs: number | null;
}

export interface RetryContext {
  readonly policy: RetryPolicy;
  /** Attempts of this cycle, the running one included: what the policy limits. */
  readonly attempts: number;
  /** Attempts since the step began, over all cycles: what ops see. */
  readonly total: number;
  readonly error: AttemptError | null;
}

export type RetryEvent =
  | { readonly type: 'xstate.done.actor.attempt'; readonly output: unknown }
  | { readonly type: 'xstate.error.actor.attempt'; readonly error: AttemptError }
  | { readonly type: 'xstate.after.backoff.retry.pausing' }
  | { readonly type: 'RETRY' | 'SKIP' | 'FAIL' };

/** A plugin's word is trusted up to this: a longer wait is an operator's business, and a timer of centuries would overflow in the server. */
const longestRetryAfterMs = 30 * 24 * 3_600_000;

/**
 * Milliseconds until the next attempt: the plugin's word where it gave one, else the policy's backoff, `initialMs × factor^(n−1)` after
 * the nth attempt of a cycle, at most `maxMs`. No jitter: the pause that ops read is the pause that happens.
 */
export function backoffMs({ policy, attempts, error }: RetryContext): number {
  if (error !== null && error.retryAfterMs !== null) return Math.min(Math.max(0, error.retryAfterMs), longestRetryAfterMs);
  const { initialMs, factor, maxMs } = policy.backoff;
  // The power is kept finite: zero times infinity is not a number.
  return Math.round(Math.min(maxMs, initialMs * Math.min(factor ** (attempts - 1), Number.MAX_VALUE)));
}

const verdict = ({ policy }: RetryContext, { code, retryable }: AttemptError): 'retry' | 'fail' | 'done' =>
  // Own properties only: an error code called `constructor` is in no policy.
  (Object.hasOwn(policy.on, code) ? policy.on[code] : undefined) ?? (retryable ? 'retry' : 'fail');

const machineSetup = setup({
  types: {
    context: {} as RetryContext,
    events: {} as RetryEvent,
    input: {} as RetryPolicy,
  },
  // Never started: the workflow runs the activity. Without a placeholder pure transitions warn "Actor type 'attempt' not found".
  actors: { attempt: fromPromise<unknown>(() => Promise.reject(new Error('a model, not to be run'))) },
  delays: { backoff: ({ context }) => backoffMs(context) },
  guards: {
    isTakenAsDone: ({ context }, error: AttemptError) => verdict(context, error) === 'done',
    canRetry: ({ context }, error: AttemptError) => verdict(context, error) === 'retry' && context.attempts < context.policy.attempts,
    parks: ({ context }) => context.policy.exhausted === 'park',
    skips: ({ context }) => context.policy.exhausted === 'skip',
  },
});

const note = machineSetup.assign({ error: ({ event }) => ('error' in event ? event.error : null) });

/** The life of one step: attempts, pauses, and what happens when they run out. A model: see `startRetry` and `nextRetry`. */
export const retryMachine = machineSetup.createMachine({
  id: 'retry',
  context: ({ input }) => ({ policy: input, attempts: 0, total: 0, error: null }),
  initial: 'attempting',
  states: {
    attempting: {
      entry: assign({ attempts: ({ context }) => context.attempts + 1, total: ({ context }) => context.total + 1 }),
      invoke: {
        id: 'attempt',
        src: 'attempt',
        // Where `succeeded` still has an error, the policy took that for done.
        onDone: { target: 'succeeded', actions: assign({ error: null }) },
        onError: [
          { guard: { type: 'isTakenAsDone', params: ({ event }) => event.error as AttemptError }, target: 'succeeded', actions: note },
          { guard: { type: 'canRetry', params: ({ event }) => event.error as AttemptError }, target: 'pausing', actions: note },
          { target: 'exhausted', actions: note },
        ],
      },
    },
    pausing: {
      after: { backoff: 'attempting' },
      // An operator need not wait for the backoff: the next attempt of the same cycle comes at once.
      on: { RETRY: 'attempting', SKIP: 'skipped', FAIL: 'failed' },
    },
    exhausted: { always: [{ guard: 'parks', target: 'parked' }, { guard: 'skips', target: 'skipped' }, { target: 'failed' }] },
    parked: {
      on: {
        // A new cycle: the policy's attempts once more.
        RETRY: { target: 'attempting', actions: assign({ attempts: 0 }) },
        SKIP: 'skipped',
        FAIL: 'failed',
      },
    },
    succeeded: { type: 'final' },
    failed: { type: 'final' },
    skipped: { type: 'final' },
  },
});
