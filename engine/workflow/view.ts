import type { Definition } from '../language/definition.ts';
import type { RunInput, RunView, StepState, StepView } from './contract.ts';

/** The view of a run that knows no more than its input. `definition` is the short hash that people are shown. */
export function viewOf(input: RunInput): RunView {
  return {
    workflow: input.workflow,
    title: input.workflow,
    definition: input.definition.slice(0, 12),
    group: input.group,
    key: input.key,
    stage: 'starting',
    parked: false,
    instances: 0,
    steps: [],
    waiting: 0,
  };
}

/** The same, with the definition's steps, all of them pending. */
export function withDefinition(view: RunView, definition: Definition): RunView {
  const steps = [...definition.steps, ...definition.finally].map(
    ({ id, uses }): StepView => ({
      id,
      uses,
      state: 'pending',
      attempts: 0,
      startedAt: null,
      endedAt: null,
      error: null,
      output: null,
      note: null,
    }),
  );
  return { ...view, title: definition.title, steps };
}

/** The same, with what is new of one step. */
export function withStep(view: RunView, id: string, news: Partial<StepView>): RunView {
  const steps = view.steps.map((step) => (step.id === id ? { ...step, ...news } : step));
  return { ...view, steps, parked: steps.some(({ state }) => state === 'parked') };
}

/** Each step's state, as the run's result keeps it. */
export function stepStates(view: RunView): Readonly<Record<string, StepState>> {
  return Object.fromEntries(view.steps.map(({ id, state }) => [id, state]));
}
