import type { Static, TSchema } from 'typebox';
import type { Backend } from './backend.ts';
import type { Batching } from './batching.ts';
import type { StepContext } from './context.ts';
import type { Grouping } from './grouping.ts';

/** A step that workflows use: an Activity Type. */
export interface Step<O extends TSchema = TSchema, R extends TSchema = TSchema> {
  readonly title: string;
  readonly description: string;
  readonly options: O;
  readonly output: R;
  /** What the Temporal UI shows beside the activity; `{option}` is replaced by the option's value: `send to {destinations}`. */
  readonly summary: string;
  /** Longest time for one attempt where the workflow names none: `30s`, `10m`, `2h`. */
  readonly timeout: string;
  run(options: Static<O>, context: StepContext): Promise<Static<R>>;
}

export const defineStep = <O extends TSchema, R extends TSchema>(step: Step<O, R>): Step<O, R> => step;
export const defineGrouping = <O extends TSchema>(grouping: Grouping<O>): Grouping<O> => grouping;
export const defineBatching = <O extends TSchema>(batching: Batching<O>): Batching<O> => batching;
export const defineBackend = <O extends TSchema>(backend: Backend<O>): Backend<O> => backend;
