import type { GroupTotals, InstanceSet } from './facts.ts';

/** The run a step belongs to. */
export interface RunFacts {
  readonly workflow: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly calledAeTitle: string;
  /** The group's key. */
  readonly group: string;
  /** Short content hash of the definition that the run keeps. */
  readonly definition: string;
  /** How the run stands while `finally` steps execute: `succeeded` before that too, unless a step failed. */
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
}

/** Values are scalars on purpose: datasets and objects do not go into logs. */
export interface StepLogger {
  info(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
  warn(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
  error(message: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
}

/** One DICOM file of a set. `path` is read-only. */
export interface InstanceFile {
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly studyInstanceUid: string | null;
  readonly seriesInstanceUid: string | null;
  readonly sizeBytes: number;
  readonly path: string;
}

export interface Instances {
  /** The instances of this run's group, fixed when its batch completed. */
  readonly group: InstanceSet;
  list(set: InstanceSet): Promise<readonly InstanceFile[]>;
  /** Puts the set's files into a folder as `<n>.dcm`, hard-linked where the file system allows, else copied; read-only. */
  materialise(set: InstanceSet, folder: string): Promise<void>;
  /**
   * Takes every DICOM Part 10 file below a folder into storage, as-is; files of other kinds are left. The set lives as long as
   * the run's claims. Throws `OutputInvalid`, fatal, with nothing taken, where one is broken or is DICOM only by its name (`.dcm`).
   */
  adopt(folder: string): Promise<InstanceSet>;
}

/** How one instance fared at a destination. */
export interface DeliveryResult {
  readonly sopInstanceUid: string;
  /** `stored` with C-STORE Success, `warning` with Bxxx (it is stored: PS3.4 B.2.3), `refused` by status or negotiation, `unsent` when the association ended before. */
  readonly outcome: 'stored' | 'warning' | 'refused' | 'unsent';
  /** C-STORE status, where there was one. */
  readonly status: number | null;
  readonly detail: string | null;
}

export interface DeliveryOptions {
  /** Associations at once, default 2. */
  readonly associations?: number;
  readonly signal: AbortSignal;
  onResult(result: DeliveryResult): void;
}

export interface Destinations {
  /** Names in the configuration. */
  readonly names: readonly string[];
  /**
   * Sends files as they are, and answers one result per file. Throws `retryable` where the destination could not be reached
   * or rejected the association before anything was sent; `fatal` where its name is unknown.
   */
  store(destination: string, files: readonly InstanceFile[], options: DeliveryOptions): Promise<readonly DeliveryResult[]>;
}

/** A durable memory of one step of one run, over its attempts: what is already done need not be done again. */
export interface Journal {
  read(): Promise<ReadonlyMap<string, unknown>>;
  /** JSON values; committed when the promise resolves. */
  write(entries: Readonly<Record<string, unknown>>): Promise<void>;
}

/** What `Jobs.run` is handed. */
export interface JobRun {
  readonly inputFolder: string;
  readonly outputFolder: string;
  readonly logFile: string;
  readonly instances: number;
  readonly priority: 'lower' | 'normal' | 'higher' | 'immediate';
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface Jobs {
  readonly names: readonly string[];
  /** A folder that is kept until the run's claims end, new for every attempt: `input`, `output`, `job.log` below it. */
  folder(): Promise<string>;
  /** Runs the named job on the back-end that its entry names. */
  run(name: string, job: JobRun): Promise<Readonly<Record<string, string | number | boolean>>>;
}

export interface Claims {
  /**
   * Ends the run's hold on its instances and on what its steps made: at once when the run succeeded, and after the
   * workflow's retention when it did not. Files whose last claim ended are deleted. Safe to call again.
   */
  release(): Promise<{ readonly released: number; readonly retained: number; readonly retainedUntil: number | null }>;
}

/** All that a step may touch. */
export interface StepContext {
  readonly run: RunFacts;
  readonly step: { readonly id: string; readonly attempt: number };
  /** `<workflow id>/<group row>/<step id>`: the same over attempts, replays and engine restarts. */
  readonly idempotencyKey: string;
  readonly totals: GroupTotals;
  readonly signal: AbortSignal;
  readonly log: StepLogger;
  /** Tells ops how far it is; becomes the activity's heartbeat. */
  progress(done: number, total: number | null, note?: string): void;
  readonly instances: Instances;
  readonly destinations: Destinations;
  readonly jobs: Jobs;
  readonly journal: Journal;
  readonly claims: Claims;
}
