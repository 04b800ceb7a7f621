import { NativeConnection, Worker } from '@temporalio/worker';
import type { Log } from '../log/index.ts';
import type { TemporalClient } from '../temporal/index.ts';
import { taskQueue } from '../workflow/contract.ts';
import type { Activities } from './activities.ts';
import { bundleWorkflows } from './bundle-workflows.ts';
import { routeSdkLogs } from './route-sdk-logs.ts';

export interface StartWorkerOptions {
  readonly temporal: Pick<TemporalClient, 'connectionOptions' | 'namespace'>;
  readonly activities: Activities;
  readonly log: Log;
}

export interface RunningWorker {
  /** Resolves when it has stopped; rejects where it ended by itself. */
  readonly ended: Promise<void>;
  /** Takes no new work, cancels activities that do not end within the grace, and waits for all of them. */
  stop(): Promise<void>;
}

/** A step that can be done soon may end by itself; a job of an hour is cancelled, and another worker begins it again. */
const graceMs = 5_000;
/** Past a back-end's own grace: what has not ended by then is left to Temporal's heartbeat timeout. */
const forceMs = 40_000;

/** Connects a worker and has it work: workflow tasks from the bundle, activities from the plugins. */
export async function startWorker({ temporal, activities, log }: StartWorkerOptions): Promise<RunningWorker> {
  routeSdkLogs(log);
  const workflowBundle = await bundleWorkflows();
  const connection = await NativeConnection.connect({ ...temporal.connectionOptions });
  try {
    const worker = await Worker.create({
      connection,
      namespace: temporal.namespace,
      taskQueue,
      workflowBundle,
      activities,
      shutdownGraceTime: graceMs,
      shutdownForceTime: forceMs,
      // The SDK holds beats back for 0.8 of their timeout, 24 s: so long would a cancellation, or progress, take to be seen.
      maxHeartbeatThrottleInterval: 1_000,
    });
    const ended = worker.run().finally(() => connection.close());
    ended.catch((error: unknown) => log.error('the worker ended', { error: error instanceof Error ? error.message : String(error) }));
    return {
      ended,
      async stop() {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await ended.catch(() => {});
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
