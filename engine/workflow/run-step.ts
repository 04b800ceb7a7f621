import { createEventGroup, isCancellation } from '@temporalio/workflow';
import type { StepDefinition } from '../language/definition.ts';
import { evaluateCondition, resolveTemplate } from '../language/expression.ts';
import type { AttemptError } from '../retries/index.ts';
import { engineCodes } from './attempt-error.ts';
import { collectBatch } from './collect.ts';
import type { GroupOutput, StepCall } from './contract.ts';
import { driveRetries, type Ended } from './drive-retries.ts';
import { label } from './label.ts';
import { namesOf, type Run } from './run.ts';

/** Runs one step from its condition to its end, and answers the error that the run fails of; null: go on. Throws only the run's cancellation. */
export async function runStep(run: Run, step: StepDefinition): Promise<AttemptError | null> {
  const { board } = run;
  const startedAt = new Date().toISOString();
  const end = () => ({ endedAt: new Date().toISOString() });
  const prepared = prepare(run, step);
  if (prepared === 'skip') {
    board.step(step.id, { state: 'skipped', note: 'its condition is false', ...end() });
    return null;
  }
  board.stage(step.kind === 'step' ? step.id : 'collecting');
  if ('code' in prepared) {
    board.step(step.id, { state: 'failed', startedAt, error: shown(prepared), ...end() });
    return prepared;
  }
  board.step(step.id, { state: 'running', startedAt });
  try {
    // One group of events in the history for each step; a server that does not know them leaves them out.
    const group = createEventGroup(step.id, { id: `step:${step.id}` });
    const ended = await group.withScope(() => execute(run, step, prepared.options));
    if (ended.state === 'succeeded') {
      run.outputs[step.id] = ended.output;
      const described = step.kind === 'group' ? (ended.output as GroupOutput | null)?.description : undefined;
      const note = ended.note ?? (described === undefined ? null : label(described));
      board.step(step.id, { state: 'succeeded', output: ended.output, error: null, note, ...end() });
      return null;
    }
    board.step(step.id, { state: ended.state, error: shown(ended.error), note: ended.note, ...end() });
    return ended.state === 'failed' ? noted(ended) : null;
  } catch (error) {
    if (isCancellation(error)) board.step(step.id, { state: 'cancelled', note: null, ...end() });
    throw error;
  }
}

const execute = (run: Run, step: StepDefinition, options: StepCall['options']): Promise<Ended> =>
  step.kind === 'batch' ? collectBatch(run, step, options) : driveRetries(run, step, options);

/** An expression that fails at run time fails its step: it is never silently false. */
function prepare(run: Run, step: StepDefinition): 'skip' | AttemptError | { readonly options: StepCall['options'] } {
  try {
    const names = namesOf(run);
    if (step.if !== null && !evaluateCondition(step.if, names)) return 'skip';
    return { options: resolveTemplate(step.with, names) as StepCall['options'] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: engineCodes.expression, message, hint: null, retryable: false, retryAfterMs: null };
  }
}

const shown = ({ code, message, hint }: AttemptError) => ({ code, message, hint });

const noted = ({ error, note }: Extract<Ended, { error: AttemptError }>): AttemptError =>
  note === null ? error : { ...error, message: `${error.message} (${note})` };
