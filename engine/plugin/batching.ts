import type { Static, TSchema } from 'typebox';
import type { GroupTotals, InstanceFacts } from './facts.ts';

/** What a group looks like at one moment. */
export interface Observation {
  /** Milliseconds since the epoch, on the clock that stamped the arrivals. */
  readonly now: number;
  readonly totals: GroupTotals;
  /** Instances new since the last decision, at most 1,000; `totals` counts all. */
  readonly fresh: readonly InstanceFacts[];
  /** Associations that have brought instances of this group and are still open. */
  readonly openAssociations: number;
  /** An operator asked to complete the batch now, and why. */
  readonly completeNow: string | null;
}

/** Complete, or when to look again. `why` is shown to ops: "128 instances in 2 series, quiet until 13:02:41". */
export type BatchDecision =
  | { readonly complete: true; readonly why: string }
  | {
      readonly complete: false;
      /** Milliseconds since the epoch; null: only a wake-up. */
      readonly wakeAt: number | null;
      readonly wakeOn?: { readonly instances?: number; readonly associationRelease?: boolean };
      /** JSON, handed back at the next decision. */
      readonly state: unknown;
      readonly why: string;
    };

/** Decides when a group is complete. Pure: the same state and observation give the same decision. */
export interface Batching<O extends TSchema = TSchema> {
  readonly title: string;
  readonly description: string;
  readonly options: O;
  decide(state: unknown, observation: Observation, options: Static<O>): BatchDecision;
}
