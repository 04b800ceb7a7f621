import {
  allHandlersFinished,
  CancellationScope,
  ContinueAsNew,
  condition,
  defineQuery,
  isCancellation,
  makeContinueAsNewFunc,
  setHandler,
} from '@temporalio/workflow';
import type { Definition } from '../language/definition.ts';
import { asFailure } from './as-failure.ts';
import { attributesOf } from './attributes.ts';
import { beginRun } from './begin-run.ts';
import { Board } from './board.ts';
import type { RunInput, RunResult, RunView } from './contract.ts';
import { Inbox } from './inbox.ts';
import { runDefinition } from './run-definition.ts';
import { checkRunInput } from './run-input.ts';
import { stepStates, viewOf } from './view.ts';

const runQuery = defineQuery<RunView>('run');

/**
 * Runs any workflow: takes the group and the definition that it keeps, runs the steps and `finally`, and goes on with the group that came
 * meanwhile. Everything it knows of the world comes from activities and signals.
 */
export async function interpret(input: RunInput): Promise<RunResult> {
  checkRunInput(input);
  const board = new Board(input);
  const inbox = new Inbox(input.group, (groups) => board.waiting(groups));
  setHandler(runQuery, () => board.view, { description: 'Where the run stands: its steps, their states, attempts and errors.' });
  try {
    const begun = await beginRun(input);
    if (begun.state === 'closed') return await conclude(input, board, inbox, 'nothing-to-do');
    const { definition, totals } = begun;
    board.begin(definition);
    board.count(totals);
    await runDefinition({ input, definition, board, inbox, outputs: noOutputs(definition), collected: null, outcome: 'succeeded' });
    return await conclude(input, board, inbox, 'succeeded');
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    const cancelled = isCancellation(error);
    board.stage(cancelled ? 'cancelled' : 'failed');
    throw cancelled ? error : asFailure(error);
  }
}

/** The end of a run that did not fail. The inbox is looked at last, so that a group that came behind meanwhile is not overlooked. */
async function conclude(input: RunInput, board: Board, inbox: Inbox, outcome: RunResult['outcome']): Promise<RunResult> {
  board.stage(outcome);
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  const next = inbox.next;
  if (next === null) return { outcome, instances: board.view.instances, steps: stepStates(board.view) };
  const nextInput = { ...input, group: next.group, definition: next.definition };
  // Given anew: left out they would be carried over, and the next run would begin with this one's stage and last error.
  const typedSearchAttributes = [...attributesOf(nextInput, viewOf(nextInput), null, null)];
  return await makeContinueAsNewFunc<typeof interpret>({ typedSearchAttributes })(nextInput);
}

/** A step that has not run, or was skipped, has the output null. */
const noOutputs = ({ steps, finally: last }: Definition) => Object.fromEntries([...steps, ...last].map(({ id }) => [id, null]));
