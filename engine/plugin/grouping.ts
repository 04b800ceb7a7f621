import type { Static, TSchema } from 'typebox';
import type { GroupTotals, InstanceFacts } from './facts.ts';

/** Decides which instances belong together. `key` is pure: no clock, no randomness, no I/O; the same facts give the same key for ever. */
export interface Grouping<O extends TSchema = TSchema> {
  readonly title: string;
  readonly description: string;
  readonly options: O;
  /** Keywords of the attributes that `key` reads from `facts.attributes`. */
  readonly attributes?: readonly string[];
  /**
   * The group an instance belongs to (1 to 64 characters; it shows in Workflow Ids, so no patient attribute may be in it),
   * or null where it lacks what is needed: it is then reclaimed at once, with an event.
   */
  key(facts: InstanceFacts, options: Static<O>): string | null;
  /** One line for ops, when the run starts: "study 1.2.3: CT from CT1". */
  describe(key: string, totals: GroupTotals, options: Static<O>): string;
}
