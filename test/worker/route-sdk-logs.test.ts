import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Runtime } from '@temporalio/worker';
import { type LogFields, silentLog } from '../../engine/log/index.ts';
import { routeSdkLogs } from '../../engine/worker/route-sdk-logs.ts';

describe("the SDK's log", () => {
  it('goes where ours goes, without what it holds beside words and numbers, and says once that the server is away', async (test) => {
    const said: { level: string; message: string; fields: LogFields | undefined }[] = [];
    const note = (level: string) => (message: string, fields?: LogFields) => void said.push({ level, message, fields });
    routeSdkLogs(silentLog);
    routeSdkLogs({ debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') });

    // A runtime that no worker uses is nobody's to end.
    test.after(() => Runtime.instance().shutdown());
    const { logger } = Runtime.instance();
    logger.info('Worker state changed', { state: 'RUNNING' });
    for (let n = 0; n < 20; n++)
      logger.warn(`gRPC call poll_activity_task_queue retried ${n} times`, { target: 'temporalio_client::retry' });
    logger.warn('Activity failed', {
      error: new Error('model not found\nlines of the job'),
      attempt: 1,
      taskToken: 'AAAA',
      dataset: { PatientName: 'Doe^John' },
    });
    // The SDK gathers messages for a moment to sort them.
    for (const end = Date.now() + 10_000; said.length < 3 && Date.now() < end; ) await sleep(10);
    assert.deepEqual(said, [
      { level: 'debug', message: 'temporal: Worker state changed', fields: { state: 'RUNNING' } },
      {
        level: 'warn',
        message: 'Temporal does not answer the worker, which keeps trying',
        fields: { call: 'gRPC call poll_activity_task_queue retried 0 times' },
      },
      { level: 'warn', message: 'temporal: Activity failed', fields: { error: 'model not found', attempt: 1 } },
    ]);
  });
});
