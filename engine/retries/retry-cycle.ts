import { initialTransition, type SnapshotFrom, transition } from 'xstate';
import type { RetryPolicy } from './policy.ts';
import { type AttemptError, backoffMs, type RetryEvent, retryMachine } from './retry-machine.ts';
import { spellDuration } from './spell-duration.ts';

export type RetrySnapshot = SnapshotFrom<typeof retryMachine>;

/** What happened: the attempt ended, the pause is over, or an operator spoke. */
export type RetryHappening =
  | { readonly type: 'done' }
  | { readonly type: 'error'; readonly error: AttemptError }
  | { readonly type: 'elapsed' }
  | { readonly type: 'RETRY' | 'SKIP' | 'FAIL' };

/** What to do, or to wait for, next. `attempt` counts within the cycle, `total` since the step began; both from 1. */
export type RetryWait =
  | { readonly kind: 'attempt'; readonly attempt: number; readonly total: number }
  /** `why`: "attempt 2 of 4 in 30 s: association rejected (2/3/2)". */
  | { readonly kind: 'pause'; readonly pauseMs: number; readonly why: string; readonly error: AttemptError }
  | { readonly kind: 'parked'; readonly error: AttemptError }
  /** `takenAsDone`: the error that the policy says to take for success. */
  | { readonly kind: 'end'; readonly state: 'succeeded'; readonly takenAsDone: AttemptError | null }
  | { readonly kind: 'end'; readonly state: 'failed' | 'skipped'; readonly error: AttemptError };

export interface RetryStep {
  readonly snapshot: RetrySnapshot;
  readonly wait: RetryWait;
}

/** Begins the life of a step: its first attempt. Pure. */
export function startRetry(policy: RetryPolicy): RetryStep {
  return waiting(initialTransition(retryMachine, policy)[0]);
}

/** Moves on by one happening. Pure; what does not apply in the state (an operator's word while an attempt runs) changes nothing. */
export function nextRetry(snapshot: RetrySnapshot, happening: RetryHappening): RetryStep {
  const event = machineEvent(happening);
  // XState takes an actor's error that no transition handles as the machine's own end ("error"); here it is only late.
  return waiting(snapshot.can(event) ? transition(retryMachine, snapshot, event)[0] : snapshot);
}

function machineEvent(happening: RetryHappening): RetryEvent {
  switch (happening.type) {
    case 'done':
      return { type: 'xstate.done.actor.attempt', output: undefined };
    case 'error':
      return { type: 'xstate.error.actor.attempt', error: happening.error };
    case 'elapsed':
      return { type: 'xstate.after.backoff.retry.pausing' };
    default:
      return happening;
  }
}

function waiting(snapshot: RetrySnapshot): RetryStep {
  const { context } = snapshot;
  // Pausing, parked, failed and skipped are reached through an error only.
  const error = context.error as AttemptError;
  switch (snapshot.value) {
    case 'pausing': {
      const pauseMs = backoffMs(context);
      const why = `attempt ${context.attempts + 1} of ${context.policy.attempts} in ${spellDuration(pauseMs)}: ${error.message}`;
      return { snapshot, wait: { kind: 'pause', pauseMs, why, error } };
    }
    case 'parked':
      return { snapshot, wait: { kind: 'parked', error } };
    case 'succeeded':
      return { snapshot, wait: { kind: 'end', state: 'succeeded', takenAsDone: context.error } };
    case 'failed':
    case 'skipped':
      return { snapshot, wait: { kind: 'end', state: snapshot.value, error } };
    default:
      return { snapshot, wait: { kind: 'attempt', attempt: context.attempts, total: context.total } };
  }
}
