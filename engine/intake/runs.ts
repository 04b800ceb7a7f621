import type { WakeUp } from '../ledger/index.ts';

/** How a run stands, as far as intake asks. */
export type RunStanding = 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out' | 'absent';

/** What intake needs of Temporal. */
export interface Runs {
  /** signalWithStart: wakes the run that collects the group, or starts it. Resolves when Temporal has accepted it. */
  wake(wakeUp: WakeUp): Promise<void>;
  /** Of one run, or of the newest of a Workflow Id. */
  standing(workflowId: string, runId: string | null): Promise<RunStanding>;
}
