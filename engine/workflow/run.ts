import { workflowInfo } from '@temporalio/workflow';
import type { Definition, StepDefinition } from '../language/definition.ts';
import type { InstanceSet } from '../plugin/facts.ts';
import type { Board } from './board.ts';
import type { RunInput, StepCall } from './contract.ts';
import type { Inbox } from './inbox.ts';

/** One run, as the parts of the interpreter hand it on. */
export interface Run {
  readonly input: RunInput;
  readonly definition: Definition;
  readonly board: Board;
  readonly inbox: Inbox;
  /** By step id; null until a step has one, and for a skipped step. */
  readonly outputs: Record<string, unknown>;
  /** The group's instances, once the batch is complete. */
  collected: InstanceSet | null;
  outcome: StepCall['outcome'];
}

/** What expressions can name: UIDs, counts and what plugins returned, nothing of a patient. */
export function namesOf(run: Run): Readonly<Record<string, unknown>> {
  const totals = run.board.totals;
  return {
    steps: Object.fromEntries(Object.entries(run.outputs).map(([id, output]) => [id, { output }])),
    run: {
      workflow: run.input.workflow,
      workflowId: workflowInfo().workflowId,
      calledAeTitle: run.input.calledAeTitle,
      group: run.input.key,
      outcome: run.outcome,
    },
    group: {
      instances: run.collected,
      series: totals?.series ?? 0,
      modalities: totals?.modalities ?? [],
      callingAeTitles: totals?.callingAeTitles ?? [],
    },
  };
}

/** The input of a step's activity. */
export function callOf(run: Run, step: StepDefinition, attempt: number, options: StepCall['options'], batch?: StepCall['batch']): StepCall {
  return {
    kind: step.kind,
    group: run.input.group,
    step: step.id,
    attempt,
    options,
    outcome: run.outcome,
    definition: run.input.definition,
    key: run.input.key,
    calledAeTitle: run.input.calledAeTitle,
    retainFailedMs: run.definition.retainFailedMs,
    ...(batch === undefined ? {} : { batch }),
  };
}
