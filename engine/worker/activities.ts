import { activityInfo, Context } from '@temporalio/activity';
import { GantryError } from '../errors/index.ts';
import type { AwaitSpaceInput, BeginInput, StepCall } from '../workflow/contract.ts';
import { awaitSpace } from './await-space.ts';
import { begin } from './begin.ts';
import { decideBatch } from './decide-batch.ts';
import { describeGroup } from './describe-group.ts';
import { runStep } from './run-step.ts';
import { engineFailure, stepFailure } from './step-failure.ts';
import type { WorkerParts } from './worker-parts.ts';

/** Activity functions by Activity Type; `default` answers all types that are not named. */
export type Activities = Readonly<Record<string, (input: never) => Promise<unknown>>>;

/**
 * What the worker executes. Every plugin step is an Activity Type of its own, so that it shows as such in Temporal; all
 * of them come in by one door, which looks them up among the plugins.
 */
export function createActivities(parts: WorkerParts): Activities {
  return {
    'gantry/begin': (input: BeginInput) => reported(() => begin(parts, input), engineFailure),
    'gantry/await-space': (input: AwaitSpaceInput) => reported(() => awaitSpace(parts, input), engineFailure),
    default: (call: StepCall) => reported(() => dispatch(parts, call), stepFailure),
  };
}

async function dispatch(parts: WorkerParts, call: StepCall): Promise<unknown> {
  const name = activityInfo().activityType;
  const registered = parts.registry.uses.get(name);
  if (registered?.kind !== call.kind) throw new GantryError('GY606', `"${name}" is not installed as a ${call.kind}`);
  switch (registered.kind) {
    case 'group':
      return describeGroup(parts, name, registered.grouping, call);
    case 'batch':
      return decideBatch(parts, name, registered.batching, call);
    case 'step':
      return runStep(parts, name, registered.step, call);
  }
}

async function reported<T>(act: () => Promise<T>, failureOf: typeof stepFailure): Promise<T> {
  const { cancellationSignal } = Context.current();
  try {
    return await act();
  } catch (error) {
    throw failureOf(error, cancellationSignal);
  }
}
