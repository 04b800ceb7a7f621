import { plugins } from '../plugins/index.ts';
import type { Config } from './config/index.ts';
import { createReceiver, readAttributes, readFileFacts, sendFiles } from './dicom/index.ts';
import {
  createReceiverPolicy,
  startCaretaker,
  startDispatcher,
  startReclaimer,
  startRouter,
  sweep,
  type WorkflowsInForce,
} from './intake/index.ts';
import { type Diagnostic, type PinnedDefinition, shortHash, watchWorkflows } from './language/index.ts';
import { instancesFolder, ledgerFile } from './layout.ts';
import { openLedger } from './ledger/index.ts';
import type { Log } from './log/index.ts';
import { createRegistry } from './plugin/host.ts';
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
}

export interface Engine {
  readonly dicom: { readonly host: string; readonly port: number };
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string | null };
  /** Resolves with the reason where the engine can no longer do its work and should be stopped and started again. */
  readonly failed: Promise<Error>;
  /** Lets what is under way end: associations, routing, activities; then closes everything in turn. */
  stop(): Promise<void>;
}

/**
 * Everything in one process: receiver, intake, worker, and Temporal unless one is given. Each part is stopped in the
 * reverse order of its start, also when a later one fails to start.
 */
export async function startEngine({ config, dataFolder, log, careEveryMs = 10_000 }: EngineOptions): Promise<Engine> {
  await using parts = new AsyncDisposableStack();
  const lock = lockDataFolder(dataFolder);
  parts.defer(() => lock.release());

  const ledger = await openLedger({ file: ledgerFile(dataFolder) });
  parts.defer(() => ledger.close());
  const storage = await createFolderStorage({ root: instancesFolder(dataFolder), ...config.storage });
  await sweep({ storage, ledger, log });
  await sweepJobFolders({ ledger, dataFolder });

  const registry = createRegistry(plugins);
  let inForce: WorkflowsInForce = { definitions: [], incomplete: true };
  const take = async (current: ReadonlyMap<string, PinnedDefinition>, problems: readonly Diagnostic[]): Promise<void> => {
    const pinned = [...current.values()];
    for (const { hash, definition } of pinned) await ledger.saveDefinition(hash, definition.workflow, JSON.stringify(definition));
    // Only now: a group may only be made with a definition that its run will find.
    inForce = { definitions: pinned, incomplete: problems.some(({ severity }) => severity === 'error') };
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
  const activities = createActivities({ registry, ledger, storage, config, sendFiles, readFileFacts, dataFolder, log });
  const worker = await startWorker({ temporal, activities, log });
  parts.defer(() => worker.stop());
  const failed = new Promise<Error>((resolve) => {
    worker.ended.catch((error: unknown) => resolve(error instanceof Error ? error : new Error(String(error))));
  });

  const reclaimer = startReclaimer({ ledger, storage, log });
  parts.defer(() => reclaimer.stop());
  const dispatcher = startDispatcher({ ledger, runs, log });
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
  });
  parts.defer(() => router.stop());

  const { host, port, rejectUnknownSources, sources, aeTitles, maxAssociations } = config.dicom;
  const receiver = createReceiver({
    host,
    port,
    maxAssociations,
    log,
    policy: createReceiverPolicy({
      storage,
      ledger,
      readFileFacts,
      log,
      rejectUnknownSources,
      sources: Object.values(sources),
      rules: aeTitles,
      workflowAeTitles: () => inForce.definitions.map(({ definition }) => definition.on.received.calledAeTitle),
      onRecorded: () => router.kick(),
      onAssociationEnd: () => dispatcher.kick(),
    }),
  });
  const listening = await receiver.start();
  parts.defer(() => receiver.stop());

  const started = parts.move();
  const { address, uiUrl } = temporal.server;
  return { dicom: listening, temporal: { address, namespace: temporal.namespace, uiUrl }, failed, stop: () => started.disposeAsync() };
}
