import { ApplicationFailure } from '@temporalio/common';
import type { RunInput } from './contract.ts';

const texts = ['workflow', 'calledAeTitle', 'key', 'definition'] as const;

/** Anybody can start a workflow by hand, with whatever input: throws ApplicationFailure for what is none. */
export function checkRunInput(input: unknown): asserts input is RunInput {
  if (typeof input === 'object' && input !== null) {
    const fields = input as Partial<RunInput>;
    if (texts.every((name) => typeof fields[name] === 'string') && Number.isSafeInteger(fields.group)) return;
  }
  throw ApplicationFailure.create({
    type: 'InvalidInput',
    message: 'not the input of a run: runs are started by the engine, when instances arrive',
    nonRetryable: true,
  });
}
