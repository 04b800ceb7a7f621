import type { MessagePort } from 'node:worker_threads';
import type { Config } from '../config/index.ts';
import type { ErrorCode } from '../errors/index.ts';
import type { LogFields } from '../log/index.ts';
import type { MetricsSnapshot } from '../metrics/index.ts';
import type { Address } from './listening.ts';

/** What a receiving thread begins with. */
export interface ThreadData {
  readonly dicom: Config['dicom'];
  readonly storage: Config['storage'];
  /** Of instances. */
  readonly root: string;
  /** Of `AssociationPlaces`, shared by all threads. */
  readonly places: SharedArrayBuffer;
  readonly ledger: MessagePort;
  readonly workflowAeTitles: ReadonlySet<string>;
  readonly watchSpace: boolean;
}

export type ToThread = { readonly do: 'know'; readonly workflowAeTitles: ReadonlySet<string> } | { readonly do: 'measure' | 'stop' };

export type FromThread =
  | { readonly say: 'listening'; readonly plain: Address | null; readonly tls: Address | null }
  | { readonly say: 'refused'; readonly code: ErrorCode | null; readonly message: string; readonly mend: string | null }
  | { readonly say: 'recorded' | 'association-ended' | 'stopped' }
  | { readonly say: 'measured'; readonly metrics: readonly MetricsSnapshot[] }
  | {
      readonly say: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: LogFields | undefined;
    };
