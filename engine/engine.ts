import { plugins } from '../plugins/index.ts';
import type { Config } from './config/index.ts';
import type { CrashPoint } from './crash-point.ts';
import { AssociationPlaces, readAttributes, readFileFacts, sendFiles } from './dicom/index.ts';
import {
  startCaretaker,
  startDispatcher,
  startReclaimer,
  startRouter,
  startSpaceWatch,
  sweep,
  type WorkflowsInForce,
} from './intake/index.ts';
import { type Diagnostic, type PinnedDefinition, shortHash, watchWorkflows } from './language/index.ts';
import { instancesFolder, ledgerFile } from './layout.ts';
import { openLedger } from './ledger/index.ts';
import type { Log } from './log/index.ts';
import { formatMetrics } from './metrics/index.ts';
import { createRegistry } from './plugin/host.ts';
import { startReceiving, startReceivingThreads } from './receiving/index.ts';
import { createFolderStorage } from './storage/index.ts';
import { createRuns, lockDataFolder, openTemporal } from './temporal/index.ts';
import { createActivities, startWorker, sweepJobFolders } from './worker/index.ts';
import { workflowIdOf } from './workflow/contract.ts';
import { workflowOptions } from './workflow-options.ts';

export interface EngineOptions {
  readonly config: Config;
  /** Created where it is absent; one engine at a time. */
  readonly dataFolder: string;
  readonly log: Log;
  /** How often groups whose run is gone are looked for, default 10,000. */
  readonly careEveryMs?: number;
  /** For tests: told of each place as it is passed, and need not return. */
  crashPoint?(at: CrashPoint): void;
}

export interface Engine {
  /** null: it does not listen without TLS. */
  readonly dicom: { readonly host: string; readonly port: number } | null;
  /** null: it does not listen with TLS. */
  readonly dicomTls: { readonly host: string; readonly port: number } | null;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string | null };
  /** Resolves with the reason where the engine can no longer do its work and should be stopped and started again. */
  readonly failed: Promise<Error>;
  /** For Prometheus: text format 0.0.4. */
  metrics(): Promise<string>;
  /** Lets what is under way end: associations, routing, activities; then closes everything in turn. */
  stop(): Promise<void>;
}

/**
 * Everything in one process: receiver, intake, worker, and Temporal unless one is given. Each part is stopped in the
 * reverse order of its start, also when a later one fails to start.
 */
export async function startEngine({
  config,
  dataFolder,
  log,
  careEveryMs = 10_000,
  crashPoint = () => {},
}: EngineOptions): Promise<Engine> {
  await using parts = new AsyncDisposableStack();
  const lock = lockDataFolder(dataFolder);
  parts.defer(() => lock.release());

  const ledger = await openLedger({ file: ledgerFile(dataFolder) });
  parts.defer(() => ledger.close());
  const storage = createFolderStorage({ root: instancesFolder(dataFolder), ...config.storage, crashPoint });
  parts.defer(() => storage.close());
  await sweep({ storage, ledger, log });
  await sweepJobFolders({ ledger, dataFolder });

  const registry = createRegistry(plugins);
  let inForce: WorkflowsInForce = { definitions: [], incomplete: true };
  let onWorkflows: () => void = () => {};
  const take = async (current: ReadonlyMap<string, PinnedDefinition>, problems: readonly Diagnostic[]): Promise<void> => {
    const pinned = [...current.values()];
    for (const { hash, definition } of pinned) await ledger.saveDefinition(hash, definition.workflow, JSON.stringify(definition));
    // Only now: a group may only be made with a definition that its run will find.
    inForce = { definitions: pinned, incomplete: problems.some(({ severity }) => severity === 'error') };
    onWorkflows();
    for (const { file, line, column, code, message } of problems) log.error(message, { code, place: `${file}:${line}:${column}` });
    const broken = new Set(problems.filter(({ severity }) => severity === 'error').map(({ file }) => file));
    for (const file of broken) if (current.has(file)) log.warn('its last good version stays in force', { file });
    const names = pinned.map(({ hash, definition }) => `${definition.workflow} (${shortHash(hash)})`);
    log.info('workflows in force', { workflows: names.join(', '), problems: problems.length });
  };
  const workflows = await watchWorkflows(config.workflows, workflowOptions(config, registry), ({ current, diagnostics }) =>
    take(current, diagnostics),
  );
  parts.defer(() => workflows.close());
  await take(workflows.current(), workflows.diagnostics());

  const temporal = await openTemporal({ config: config.temporal, dataFolder, log });
  parts.defer(() => temporal.close());
  const runs = createRuns(temporal.client);
  const activities = createActivities({ registry, ledger, storage, config, sendFiles, readFileFacts, dataFolder, log, crashPoint });
  const worker = await startWorker({ temporal, activities, log });
  parts.defer(() => worker.stop());
  const workerFailed = new Promise<Error>((resolve) => {
    worker.ended.catch((error: unknown) => resolve(error instanceof Error ? error : new Error(String(error))));
  });

  const reclaimer = startReclaimer({ ledger, storage, log, crashPoint });
  parts.defer(() => reclaimer.stop());
  const dispatcher = startDispatcher({ ledger, runs, log, crashPoint });
  parts.defer(() => dispatcher.stop());
  const onChange = (): void => {
    dispatcher.kick();
    reclaimer.kick();
  };
  const caretaker = startCaretaker({
    ledger,
    runs,
    log,
    everyMs: careEveryMs,
    onChange() {
      onChange();
      // They hold links to files that are to go.
      void sweepJobFolders({ ledger, dataFolder }).catch((error: unknown) =>
        log.error('job folders were not swept', { error: String(error) }),
      );
    },
    async retainMs({ definition }) {
      const json = await ledger.definition(definition);
      return json === null ? 7 * 86_400_000 : (JSON.parse(json) as { retainFailedMs: number }).retainFailedMs;
    },
  });
  parts.defer(() => caretaker.stop());
  const router = startRouter({
    ledger,
    storage,
    registry,
    workflows: () => inForce,
    readAttributes,
    workflowIdOf,
    log,
    onRouted: onChange,
    crashPoint,
  });
  parts.defer(() => router.stop());

  const spaceWatch = startSpaceWatch({ storage, log });
  parts.defer(() => spaceWatch.stop());
  const shared = {
    dicom: config.dicom,
    ledger,
    log,
    workflowAeTitles: () => calledAeTitles(inForce),
    onRecorded: () => router.kick(),
    onAssociationEnd: () => dispatcher.kick(),
  };
  const { threads, maxAssociations } = config.dicom;
  const receiving =
    threads > 1
      ? await startReceivingThreads({ ...shared, count: threads, storage: config.storage, root: storage.root })
      : await startReceiving({
          ...shared,
          storage,
          places: new AssociationPlaces(maxAssociations),
          sharePorts: false,
          watchSpace: true,
          crashPoint,
        });
  onWorkflows = () => receiving.renew();
  parts.defer(() => receiving.stop());

  const started = parts.move();
  const { address, uiUrl } = temporal.server;
  return {
    dicom: receiving.plain,
    dicomTls: receiving.tls,
    temporal: { address, namespace: temporal.namespace, uiUrl },
    failed: Promise.race([workerFailed, receiving.failed]),
    metrics: async () => formatMetrics(await receiving.metrics()),
    stop: () => started.disposeAsync(),
  };
}

const calledAeTitles = ({ definitions }: WorkflowsInForce): ReadonlySet<string> =>
  new Set(definitions.map(({ definition }) => definition.on.received.calledAeTitle));
