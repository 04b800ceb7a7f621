import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { GantryError } from '../../engine/errors/index.ts';
import { type Ledger, openLedger } from '../../engine/ledger/index.ts';
import { type Log, silentLog } from '../../engine/log/index.ts';
import { createRegistry } from '../../engine/plugin/host.ts';
import { definePlugin, type PluginDefinition } from '../../engine/plugin/index.ts';
import { createFolderStorage } from '../../engine/storage/index.ts';
import { createActivities, type WorkerParts } from '../../engine/worker/index.ts';
import type { StepCall } from '../../engine/workflow/contract.ts';

export const workflowId = 'lung-ct/LUNG/1.2.3';
export const runId = '00000000-0000-0000-0000-000000000001';
export const definitionHash = 'a'.repeat(64);

/** A Part 10 file as far as these tests look into one: `readFileFacts` of `openParts` reads the UIDs after the prefix. */
export const part10 = (sopInstanceUid: string, text = ''): Buffer =>
  Buffer.concat([Buffer.alloc(128), Buffer.from(`DICM${JSON.stringify({ sopInstanceUid })}\n${text}`)]);

/** What activities work with: a real ledger and real storage in a folder of their own, and no DICOM peers. */
export async function openParts(
  test: TestContext,
  { plugin = {}, ...more }: Partial<WorkerParts> & { readonly plugin?: Partial<PluginDefinition> } = {},
) {
  const dataFolder = await mkdtemp(join(tmpdir(), 'gantry-worker-'));
  const ledger = await openLedger({ file: join(dataFolder, 'ledger.db') });
  test.after(async () => {
    await ledger.close();
    await rm(dataFolder, { recursive: true, force: true });
  });
  const storage = createFolderStorage({ root: join(dataFolder, 'instances'), watermarkPercent: 100, reserveSpaceGb: 0 });
  const logged: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => logged.push(message), error: (message) => logged.push(message) };
  const parts: WorkerParts = {
    registry: createRegistry([definePlugin({ name: 'test', version: '1', apiVersion: 1, ...plugin })]),
    ledger,
    storage,
    config: {
      folder: dataFolder,
      jobs: {},
      storage: { watermarkPercent: 100, reserveSpaceGb: 0, belowReserve: { jobs: 'pause', exports: 'go-on' } },
      dicom: {
        host: '127.0.0.1',
        port: 0,
        tls: null,
        aeTitle: 'GANTRY',
        rejectUnknownSources: true,
        aeTitles: {},
        sources: {},
        destinations: { PACS: { aeTitle: 'ORTHANC', host: '127.0.0.1', port: 104 } },
        maxAssociations: 8,
        maxAssociationsPerPeer: 8,
        maxInstanceSizeBytes: 1e9,
        maxPduLength: 131_072,
        threads: 1,
        timers: { associateRequestMs: 30_000, progressMs: 60_000, messageMs: 1_800_000, idleMs: 600_000 },
      },
    },
    sendFiles: async () => [],
    async readFileFacts(path) {
      const text = (await readFile(path)).subarray(132).toString();
      const [head = ''] = text.split('\n', 1);
      if (!head.startsWith('{')) throw new GantryError('GY303', 'meta header is cut off');
      const { sopInstanceUid } = JSON.parse(head);
      return {
        sopInstanceUid,
        sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
        studyInstanceUid: '1.2.3',
        seriesInstanceUid: '1.2.3.4',
        modality: 'CT',
        transferSyntaxUid: '1.2.840.10008.1.2.1',
        datasetOffset: 132 + head.length + 1,
      };
    },
    dataFolder,
    log,
    ...more,
  };
  return { parts, ledger, storage, dataFolder, logged, receive: receiver(parts) };
}

/** Stores, records and routes instances of one study, as receiver and intake do; answers the group. */
function receiver({ ledger, storage }: WorkerParts) {
  return async (...uids: readonly string[]): Promise<number> => {
    for (const sopInstanceUid of uids) {
      const writer = storage.create(part10(sopInstanceUid));
      writer.write(Buffer.from(`dataset of ${sopInstanceUid}`));
      const stored = await writer.commit();
      const { sequence } = await ledger.record(
        {
          sopInstanceUid,
          sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
          transferSyntaxUid: '1.2.840.10008.1.2.1',
          studyInstanceUid: '1.2.3',
          seriesInstanceUid: '1.2.3.4',
          modality: 'CT',
          callingAeTitle: 'CT1',
          calledAeTitle: 'LUNG',
          associationId: 'a1',
          receivedAt: Date.now(),
          ...stored,
        },
        { overwriteSameInstance: false },
      );
      await ledger.route([
        { sequence, claims: [{ workflow: 'lung-ct', key: '1.2.3', workflowId, definition: definitionHash }], why: '', undecided: false },
      ]);
    }
    return newestGroup(ledger);
  };
}

async function newestGroup(ledger: Ledger): Promise<number> {
  const group = (await ledger.openGroups()).at(-1);
  if (group === undefined) throw new Error('nothing was received');
  return group.id;
}

export const callOf = (kind: StepCall['kind'], group: number, more: Partial<StepCall> = {}): StepCall => ({
  kind,
  group,
  step: 'a-step',
  attempt: 1,
  options: {},
  outcome: 'succeeded',
  definition: definitionHash,
  key: '1.2.3',
  calledAeTitle: 'LUNG',
  retainFailedMs: 7 * 86_400_000,
  ...more,
});

/** An activity as Temporal would run it. */
export function activity(
  parts: WorkerParts,
  activityType: string,
  info: { readonly runId?: string; readonly heartbeatTimeoutMs?: number } = {},
) {
  const environment = new MockActivityEnvironment(
    {
      activityType,
      workflowType: 'lung-ct',
      workflowExecution: { workflowId, runId: info.runId ?? runId },
      ...(info.heartbeatTimeoutMs === undefined ? {} : { heartbeatTimeoutMs: info.heartbeatTimeoutMs }),
    },
    { logger: new DefaultLogger('ERROR', () => {}) },
  );
  const activities = createActivities(parts) as Readonly<Record<string, (input: object) => Promise<never>>>;
  const fn = activities[activityType] ?? activities.default;
  if (fn === undefined) throw new Error('there is always a default activity');
  return { environment, run: <T>(input: object): Promise<T> => environment.run(fn, input) };
}
