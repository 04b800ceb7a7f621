import { type AeTitleRules, type Config, defaultAeTitleRules } from '../config/index.ts';
import type { AssociationPlaces } from '../dicom/index.ts';
import { createReceiverPolicy, type IntakeCrashPoint, measured } from '../intake/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import { createMetrics, type MetricsSnapshot } from '../metrics/index.ts';
import type { Storage } from '../storage/index.ts';
import { type Address, startListening } from './listening.ts';

/** What the engine does about what is received. */
export interface ReceivingEvents {
  /** There is an instance to route. */
  onRecorded(): void;
  /** Groups can ask to be woken when an association ends. */
  onAssociationEnd(): void;
}

export interface ReceivingOptions extends ReceivingEvents {
  readonly dicom: Config['dicom'];
  readonly places: AssociationPlaces;
  readonly sharePorts: boolean;
  readonly storage: Storage;
  readonly ledger: Ledger;
  readonly log: Log;
  /** Called AE titles that workflows name, as loaded now. */
  workflowAeTitles(): ReadonlySet<string>;
  /** The metrics tell of storage too: of several threads one does. */
  readonly watchSpace: boolean;
  crashPoint?(at: IntakeCrashPoint): void;
}

export interface Receiving {
  readonly plain: Address | null;
  readonly tls: Address | null;
  metrics(): Promise<readonly MetricsSnapshot[]>;
  /** What `workflowAeTitles` answers has changed. */
  renew(): void;
  /** Resolves with the reason where nothing is received any more. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

/** Receives in this thread. Throws as `startListening`. */
export async function startReceiving(options: ReceivingOptions): Promise<Receiving> {
  const { dicom, places, sharePorts, storage, ledger, log, watchSpace, crashPoint } = options;
  const rulesOf = (called: string): AeTitleRules | null => {
    // Own properties only: "constructor" may be a called AE title.
    if (Object.hasOwn(dicom.aeTitles, called)) return dicom.aeTitles[called] ?? null;
    return options.workflowAeTitles().has(called) ? defaultAeTitleRules : null;
  };
  const metrics = createMetrics({
    isCalledAeTitle: (title) => rulesOf(title) !== null,
    ...(watchSpace ? { space: () => storage.space() } : {}),
  });
  const policy = createReceiverPolicy({
    ...dicom,
    storage,
    ledger,
    log,
    rulesOf,
    onRecorded: options.onRecorded,
    onAssociationEnd: options.onAssociationEnd,
    ...(crashPoint === undefined ? {} : { crashPoint }),
  });
  const listening = await startListening({ dicom, places, sharePorts, policy: measured(policy, metrics.receiver), log });
  return {
    plain: listening.plain,
    tls: listening.tls,
    metrics: async () => [await metrics.snapshot()],
    renew() {},
    failed: new Promise(() => {}),
    stop: () => listening.stop(),
  };
}
