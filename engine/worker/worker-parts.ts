import type { Config } from '../config/index.ts';
import type { ReadFileFacts, SendFiles } from '../dicom/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import type { PluginRegistry } from '../plugin/host.ts';
import type { Storage } from '../storage/index.ts';

/**
 * Places where a test ends the process, to see that nothing is lost or done twice:
 * - `batch-closed`: a group is closed; its run does not know yet
 * - `step-done`: a step is through; its run does not know yet
 */
export type WorkerCrashPoint = 'batch-closed' | 'step-done';

/** What activities work with. */
export interface WorkerParts {
  readonly registry: PluginRegistry;
  readonly ledger: Ledger;
  readonly storage: Storage;
  readonly config: Pick<Config, 'folder' | 'jobs' | 'dicom' | 'storage'>;
  readonly sendFiles: SendFiles;
  readonly readFileFacts: ReadFileFacts;
  /** Job folders are made below it. */
  readonly dataFolder: string;
  readonly log: Log;
  /** For tests: where the process may end. */
  crashPoint?(at: WorkerCrashPoint): void;
}
