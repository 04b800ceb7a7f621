import { ApplicationFailure } from '@temporalio/common';
import { isCancellation, scheduleActivity } from '@temporalio/workflow';
import { attemptErrorOf } from './attempt-error.ts';
import type { BeginInput, BeginOutput, RunInput } from './contract.ts';

const timeoutMs = 60_000;

/**
 * Takes the group and fetches the definition. It needs only the ledger, so it is tried until that is there: a run does not fail because
 * a disk was away. Throws ApplicationFailure for what trying again will not mend, and the run's cancellation.
 */
export async function beginRun({ group, definition }: RunInput): Promise<BeginOutput> {
  const input: BeginInput = { group, definition };
  try {
    return await scheduleActivity('gantry/begin', [input], {
      activityId: 'begin',
      summary: `take group ${group}`,
      startToCloseTimeout: timeoutMs,
      retry: { initialInterval: '1 s', maximumInterval: '1 min' },
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { code, message, hint } = attemptErrorOf(error, timeoutMs);
    throw ApplicationFailure.create({
      type: code,
      message: `the run cannot begin: ${message}`,
      nonRetryable: true,
      details: [{ step: null, code, hint }],
    });
  }
}
