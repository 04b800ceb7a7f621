import { ApplicationFailure } from '@temporalio/common';

/** A plain error would fail the workflow task, which Temporal tries again for ever; a failure ends the run where people see it. */
export function asFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return ApplicationFailure.create({ type: 'InterpreterDefect', message: `the interpreter failed: ${message}`, nonRetryable: true });
}
