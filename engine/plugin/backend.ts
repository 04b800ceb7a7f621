import type { Static, TSchema } from 'typebox';
import type { StepLogger } from './context.ts';

/** A submitted job as its back-end sees it. */
export interface BackendJob {
  /** The job's name in the configuration. */
  readonly name: string;
  /** Stable over retries of the same step of the same run. */
  readonly idempotencyKey: string;
  readonly attempt: number;
  /** Folder with the group's files, read-only. */
  readonly inputFolder: string;
  /** Empty folder for what the job makes. */
  readonly outputFolder: string;
  /** Where the job's own output is kept. */
  readonly logFile: string;
  /** The same folder over attempts of the step: where a back-end remembers what it started, to find it after a crash. */
  readonly stateFolder: string;
  readonly instances: number;
  readonly priority: 'lower' | 'normal' | 'higher' | 'immediate';
  /** What the workflow passes on (`with.parameters`). */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface BackendContext {
  readonly signal: AbortSignal;
  readonly log: StepLogger;
  /** The folder that relative paths of the configuration are meant from. */
  readonly configFolder: string;
  /** Tells ops how far the job is. */
  progress(done: number, total: number | null, note?: string): void;
}

export interface BackendResult {
  /** Shown to ops and given to the workflow: exit code, image digest, … */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** Executes submitted jobs. Its options are the job's entry in the configuration, less `backend`. Throws `retryable` or `fatal`. */
export interface Backend<O extends TSchema = TSchema> {
  readonly title: string;
  readonly description: string;
  readonly options: O;
  run(job: BackendJob, options: Static<O>, context: BackendContext): Promise<BackendResult>;
}
