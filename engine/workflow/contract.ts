import type { Definition } from '../language/definition.ts';
import type { GroupTotals, InstanceSet } from '../plugin/facts.ts';

/** Argument of every Gantry workflow: references only. */
export interface RunInput {
  readonly workflow: string;
  readonly calledAeTitle: string;
  /** The group's key. */
  readonly key: string;
  /** The ledger's group row that this run collects. */
  readonly group: number;
  /** Full content hash of the definition to keep. */
  readonly definition: string;
}

/** Signal `wake`: a group of this Workflow Id has something to look at. Sent at least once; safe to get twice. */
export interface WakeSignal {
  readonly group: number;
  readonly definition: string;
  readonly reason: 'new-group' | 'instances' | 'association-release' | 'run-vanished';
}

/** Signals `retry`, `skip`, `fail`, for a parked step, and `complete-now`; `step` may be left out: the parked one is meant. */
export interface OperatorSignal {
  readonly step?: string;
  readonly reason?: string;
}

export type StepState = 'pending' | 'running' | 'pausing' | 'parked' | 'succeeded' | 'failed' | 'skipped' | 'cancelled';

/** One step as ops see it. Times are ISO 8601. */
export interface StepView {
  readonly id: string;
  readonly uses: string;
  readonly state: StepState;
  readonly attempts: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
  readonly output: unknown;
  /** The newest word on it: a batch's `why`, a pause's reason. */
  readonly note: string | null;
}

/** Answer of the query `run`. */
export interface RunView {
  readonly workflow: string;
  readonly title: string;
  readonly definition: string;
  readonly group: number;
  readonly key: string;
  readonly stage: string;
  readonly parked: boolean;
  readonly instances: number;
  readonly steps: readonly StepView[];
  /** Groups of the same Workflow Id that wait behind this run. */
  readonly waiting: number;
}

/** Result of a run, in its history. */
export interface RunResult {
  readonly outcome: 'succeeded' | 'nothing-to-do';
  readonly instances: number;
  readonly steps: Readonly<Record<string, StepState>>;
}

/** Activity `gantry/begin`: takes the group for this run and brings the definition that it keeps. */
export interface BeginInput {
  readonly group: number;
  readonly definition: string;
}
export type BeginOutput =
  | { readonly state: 'taken'; readonly definition: Definition; readonly totals: GroupTotals }
  /** Another run has closed it, or it is settled: there is nothing to do. */
  | { readonly state: 'closed' };

/** Input of every step activity; its type is the step's `uses`, its id the step's id. */
export interface StepCall {
  readonly kind: 'group' | 'batch' | 'step';
  readonly group: number;
  readonly step: string;
  /** Of the retry machine, from 1. */
  readonly attempt: number;
  /** With expressions evaluated. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly definition: string;
  readonly key: string;
  readonly calledAeTitle: string;
  readonly retainFailedMs: number;
  /** For a batch: its last decision's state, and how far it had seen. */
  readonly batch?: { readonly state: unknown; readonly seen: number; readonly completeNow: string | null };
}

/** Output of a `group` activity. */
export interface GroupOutput {
  readonly key: string;
  readonly description: string;
}

/** Output of a `batch` activity: a decision carried out. When complete, the group is closed and its claims are fixed to the run. */
export type BatchOutput =
  | { readonly complete: true; readonly why: string; readonly instances: InstanceSet; readonly totals: GroupTotals }
  | {
      readonly complete: false;
      readonly why: string;
      readonly wakeAt: number | null;
      readonly state: unknown;
      readonly seen: number;
      readonly totals: GroupTotals;
    };

/** `ApplicationFailure.details[0]` of a failed step activity; its `type` is the error's code. Always non-retryable for Temporal: the machine decides. */
export interface StepFailure {
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  readonly hint: string | null;
  /** Not a failure: there is too little space to begin. The same attempt is made again when `gantry/await-space` has ended. */
  readonly waitsFor?: SpaceUse;
}

/** What `storage.belowReserve` of the configuration has rules for. */
export type SpaceUse = 'jobs' | 'exports';

/** Activity `gantry/await-space`, answers null: ends when what the step wants to do may begin. */
export interface AwaitSpaceInput {
  readonly use: SpaceUse;
}

/** Search attributes, registered when the server is prepared: at most 10 keywords and 3 of each other type (SQL visibility). No patient data. */
export const searchAttributes = {
  GantryStage: 'KEYWORD',
  GantryCalledAE: 'KEYWORD',
  GantryCallingAE: 'KEYWORD_LIST',
  GantryModality: 'KEYWORD_LIST',
  GantryDefinition: 'KEYWORD',
  GantryLastError: 'KEYWORD',
  GantryInstances: 'INT',
  GantryParked: 'BOOL',
} as const;

/** Workflow Id of a group: `<workflow>/<called AE>/<group key>`. */
export const workflowIdOf = (workflow: string, calledAeTitle: string, key: string): string => `${workflow}/${calledAeTitle}/${key}`;

export const taskQueue = 'gantry';

/** Where `gantry/await-space` runs: however many steps wait for space, they leave places for those that free it. */
export const waitingTaskQueue = 'gantry-waiting';
