import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { type AttemptError, spellDuration } from '../retries/index.ts';
import type { SpaceUse, StepFailure } from './contract.ts';

/** Codes that the engine itself gives a failed attempt; policies may name them as they name a plugin's. */
export const engineCodes = {
  /** The attempt took longer than the step's `timeout`. */
  timedOut: 'StepTimedOut',
  /** The worker died or was stopped, time and again. */
  workerLost: 'WorkerLost',
  /** An error that is neither a plugin's nor Temporal's. */
  unexpected: 'StepFailed',
  /** An expression of the step could not be evaluated. */
  expression: 'ExpressionFailed',
  /** The batch was skipped or taken as done: its group was never closed. */
  batchOpen: 'BatchNotComplete',
} as const;

/** What a failed step activity means to the retry machine. Its native retries, for lost workers, are over by then. */
export function attemptErrorOf(error: unknown, timeoutMs: number): AttemptError {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    return cause.timeoutType === 'HEARTBEAT' || cause.timeoutType === 'SCHEDULE_TO_START'
      ? passing(engineCodes.workerLost, 'its worker was lost')
      : passing(engineCodes.timedOut, `took longer than ${spellDuration(timeoutMs)}`);
  }
  if (cause instanceof ApplicationFailure) {
    const failure: unknown = cause.details?.[0];
    if (isStepFailure(failure)) {
      const { retryable, retryAfterMs, hint } = failure;
      return { code: cause.type ?? engineCodes.unexpected, message: cause.message, hint, retryable, retryAfterMs };
    }
    // A worker that is stopped ends its activities with this type; the same activity is then tried on another.
    if (cause.type === 'CancelledFailure') return passing(engineCodes.workerLost, 'its worker was stopped');
    return { ...passing(engineCodes.unexpected, cause.message), retryable: !cause.nonRetryable };
  }
  return passing(engineCodes.unexpected, cause instanceof Error ? cause.message : String(cause));
}

/** What a step has to wait for before it can begin; null: it has begun, and failed. */
export function spaceToAwait(error: unknown): { readonly use: SpaceUse; readonly why: string } | null {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return null;
  const failure: unknown = cause.details?.[0];
  return isStepFailure(failure) && failure.waitsFor !== undefined ? { use: failure.waitsFor, why: cause.message } : null;
}

const passing = (code: string, message: string): AttemptError => ({ code, message, hint: null, retryable: true, retryAfterMs: null });

const isStepFailure = (value: unknown): value is StepFailure =>
  typeof value === 'object' && value !== null && 'retryable' in value && typeof value.retryable === 'boolean';
