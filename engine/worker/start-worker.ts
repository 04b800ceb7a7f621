import { NativeConnection, Worker } from '@temporalio/worker';
import type { Log } from '../log/index.ts';
import type { TemporalClient } from '../temporal/index.ts';
import { taskQueue, waitingTaskQueue } from '../workflow/contract.ts';
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
/** Steps that may wait for space at once; more of them wait to wait. */
const mostWaiting = 1_000;
/** Past a back-end's own grace: what has not ended by then is left to Temporal's heartbeat timeout. */
const forceMs = 40_000;

/** Connects a worker and has it work: workflow tasks from the bundle, activities from the plugins. */
export async function startWorker({ temporal, activities, log }: StartWorkerOptions): Promise<RunningWorker> {
  routeSdkLogs(log);
  const workflowBundle = await bundleWorkflows();
  const connection = await NativeConnection.connect({ ...temporal.connectionOptions });
  try {
    const shared = {
      connection,
      namespace: temporal.namespace,
      activities,
      shutdownForceTime: forceMs,
      // The SDK holds beats back for 0.8 of their timeout, 24 s: so long would a cancellation, or progress, take to be seen.
      maxHeartbeatThrottleInterval: 1_000,
    };
    const workers = [
      await Worker.create({ ...shared, taskQueue, workflowBundle, shutdownGraceTime: graceMs }),
      // What only waits costs nothing to be begun again, and next to nothing while it waits.
      await Worker.create({
        ...shared,
        taskQueue: waitingTaskQueue,
        shutdownGraceTime: 0,
        maxConcurrentActivityTaskExecutions: mostWaiting,
      }),
    ];
    const shutDown = (): void => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    };
    // One that ends by itself ends the other: half a worker is none.
    const ended = Promise.allSettled(workers.map((worker) => worker.run().finally(shutDown)))
      .then((ends) => {
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
      })
      .finally(() => connection.close());
    ended.catch((error: unknown) => log.error('the worker ended', { error: error instanceof Error ? error.message : String(error) }));
    return {
      ended,
      async stop() {
        shutDown();
        await ended.catch(() => {});
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
