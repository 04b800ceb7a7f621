import type { Config } from '../config/index.ts';
import type { ReadFileFacts, SendFiles } from '../dicom/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import type { PluginRegistry } from '../plugin/host.ts';
import type { Storage } from '../storage/index.ts';

/** Places where a test ends the engine, to see that nothing is lost or done twice. */
export type CrashPoint = 'batch-closed' | 'step-done';

/** What activities work with. */
export interface WorkerParts {
  readonly registry: PluginRegistry;
  readonly ledger: Ledger;
  readonly storage: Storage;
  readonly config: Pick<Config, 'folder' | 'jobs' | 'dicom'>;
  readonly sendFiles: SendFiles;
  readonly readFileFacts: ReadFileFacts;
  /** Job folders are made below it. */
  readonly dataFolder: string;
  readonly log: Log;
  crashPoint?(at: CrashPoint): void;
}
