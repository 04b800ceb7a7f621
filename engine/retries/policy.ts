/** What happens when a step's attempts are used up, or its error is not to be retried. */
export type Exhausted = 'fail' | 'park' | 'skip';

/** A named retry policy of a workflow, with its defaults filled in. */
export interface RetryPolicy {
  readonly name: string;
  /** Attempts in all, the first included; at least 1. */
  readonly attempts: number;
  readonly backoff: { readonly initialMs: number; readonly factor: number; readonly maxMs: number };
  readonly exhausted: Exhausted;
  /** By error code, before the plugin's own word: try again, give up at once, or take it as done. */
  readonly on: Readonly<Record<string, 'retry' | 'fail' | 'done'>>;
}

/** Where a workflow names no policy. */
export const defaultPolicy: RetryPolicy = {
  name: 'default',
  attempts: 3,
  backoff: { initialMs: 5_000, factor: 2, maxMs: 300_000 },
  exhausted: 'fail',
  on: {},
};
