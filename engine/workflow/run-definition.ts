import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { CancellationScope, ContinueAsNew, isCancellation } from '@temporalio/workflow';
import type { StepDefinition } from '../language/definition.ts';
import { asFailure } from './as-failure.ts';
import type { Run } from './run.ts';
import { runStep } from './run-step.ts';

/**
 * Runs the steps in their order, then `finally`, whatever happened. Throws the first failure as ApplicationFailure, or CancelledFailure
 * where the run was cancelled before its steps were done.
 */
export async function runDefinition(run: Run): Promise<void> {
  const { definition } = run;
  let failure: ApplicationFailure | null = null;
  try {
    for (const step of definition.steps) {
      // Cancelled between two steps: the next one stays pending.
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the run was cancelled');
      failure = await failureOf(run, step);
      if (failure === null) continue;
      run.outcome = 'failed';
      break;
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    run.outcome = 'cancelled';
  }
  // A cancelled run still gives back what it holds.
  await CancellationScope.nonCancellable(async () => {
    for (const step of definition.finally) {
      const late = await failureOf(run, step);
      failure ??= late;
    }
  });
  if (failure !== null) throw failure;
  if (run.outcome === 'cancelled') throw new CancelledFailure('the run was cancelled');
}

/** Runs one step; null where the run may go on. Throws a cancellation, and a continuing as new. */
async function failureOf(run: Run, step: StepDefinition): Promise<ApplicationFailure | null> {
  try {
    const error = await runStep(run, step);
    if (error === null) return null;
    const { code, message, hint } = error;
    return ApplicationFailure.create({
      type: code,
      message: `step ${step.id} (${step.uses}) failed: ${message}`,
      nonRetryable: true,
      details: [{ step: step.id, code, hint }],
    });
  } catch (error) {
    if (isCancellation(error) || error instanceof ContinueAsNew) throw error;
    return asFailure(error);
  }
}
