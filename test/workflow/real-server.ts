import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { silentLog } from '../../engine/log/index.ts';
import { createRuns, openTemporal, type TemporalRuns } from '../../engine/temporal/index.ts';
import { type RunInput, taskQueue, type WakeSignal, workflowIdOf } from '../../engine/workflow/contract.ts';
import { testEnvironment } from '../temporal/test-binary.ts';
import { bundleInterpreter } from './sandbox.ts';

/** Activity functions by type, as a worker takes them. */
// biome-ignore lint/suspicious/noExplicitAny: each activity has its own input
export type Activities = Readonly<Record<string, (input: any) => Promise<unknown>>>;

export interface RealServer {
  readonly client: Client;
  readonly runs: TemporalRuns;
  /** As intake does it: signalWithStart. */
  wake(input: RunInput, reason?: WakeSignal['reason']): Promise<string>;
  close(): Promise<void>;
}

/** A development server and one worker that runs the interpreter with faked activities. */
export async function openRealServer(activities: Activities): Promise<RealServer> {
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  Runtime.install({ logger: quiet, shutdownSignals: [], telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
  const dataFolder = mkdtempSync(join(tmpdir(), 'gantry-workflow-'));
  const config = { port: 0, uiPort: 0, namespace: 'default' };
  const temporal = await openTemporal({ config, dataFolder, log: silentLog, env: testEnvironment });
  const runs = createRuns(temporal.client);
  try {
    const connection = await NativeConnection.connect({ ...temporal.connectionOptions });
    const workflowBundle: WorkflowBundle = await bundleInterpreter();
    // The identity stands in each event: golden histories name no machine.
    const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities, identity: 'gantry' });
    const ended = worker.run();
    return {
      client: temporal.client,
      runs,
      async wake(input, reason = 'new-group') {
        const workflowId = workflowIdOf(input.workflow, input.calledAeTitle, input.key);
        await runs.wake({ ...input, workflowId, reason });
        return workflowId;
      },
      async close() {
        worker.shutdown();
        await ended;
        await connection.close();
        await temporal.close();
        rmSync(dataFolder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await temporal.close();
    rmSync(dataFolder, { recursive: true, force: true });
    throw error;
  }
}
