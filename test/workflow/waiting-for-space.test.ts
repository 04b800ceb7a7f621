import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { waitingTaskQueue } from '../../engine/workflow/contract.ts';
import { allWell, input, result } from './definitions.ts';
import { type FakeActivity, Harness } from './harness.ts';

let harness: Harness;
before(async () => {
  harness = await Harness.open();
});
after(() => harness.close());

const why = 'waiting for space: 1.2 GB free, 5 GB reserved';
const noSpace = { fail: { code: 'WaitingForSpace', message: why, retryable: true, waitsFor: 'jobs' } } as const;
/** Finds too little space this many times. */
const submit =
  (waits: number): FakeActivity =>
  (_, n) =>
    n <= waits ? noSpace : result(2);

describe('a step without the space to begin', () => {
  it('waits in an activity of its own, and begins the same attempt again: nothing is counted, and no time of the step is used', async () => {
    const run = await harness.start(input, {
      ...allWell,
      'job/submit': submit(5),
      'gantry/await-space': () => ({ afterMs: 36 * 3_600_000, output: null }),
    });
    assert.equal((await run.finish()).how, 'completed');
    const waits = run.activities('gantry/await-space');
    assert.deepEqual(
      waits.map(({ id, input: given, summary }) => [id, { ...given }, summary]),
      Array.from({ length: 5 }, () => ['nodules/space', { use: 'jobs' }, `nodules: ${why}`]),
    );
    assert.deepEqual(waits[0]?.options, {
      startToCloseMs: 30 * 24 * 3_600_000,
      heartbeatMs: 30_000,
      maximumAttempts: undefined,
      nonRetryableErrorTypes: [],
    });
    assert.equal(waits[0]?.taskQueue, waitingTaskQueue, 'not in the places of those that free space');
    assert.deepEqual(
      run.activities('job/submit').map(({ input: call }) => call.attempt),
      [1, 1, 1, 1, 1, 1],
    );
    assert.deepEqual(run.timers(), []);
    const { steps } = await run.view();
    const nodules = steps.find(({ id }) => id === 'nodules');
    assert.deepEqual([nodules?.state, nodules?.attempts, nodules?.error, nodules?.note], ['succeeded', 1, null, null]);
  });

  it('shows what it waits for', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': submit(1), 'gantry/await-space': () => ({ hangs: true }) });
    await run.settle();
    const { steps, stage } = await run.view();
    const nodules = steps.find(({ id }) => id === 'nodules');
    assert.deepEqual([stage, nodules?.state, nodules?.note], ['nodules', 'running', why]);
    assert.match(await run.details(), /waiting for space: 1\.2 GB free/);
  });

  it('ends with its run when that is cancelled', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': submit(1), 'gantry/await-space': () => ({ hangs: true }) });
    await run.settle();
    await run.cancel();
    assert.deepEqual(await run.finish(), { how: 'cancelled' });
    assert.equal(run.activities('storage/reclaim')[0]?.input.outcome, 'cancelled');
    assert.equal(run.activities('job/submit').length, 1);
  });

  it('fails as any other where it fails after the wait', async () => {
    const run = await harness.start(input, {
      ...allWell,
      'job/submit': (_, n) => (n === 1 ? noSpace : { fail: { code: 'JobFailed', message: 'exited with code 1' } }),
      'gantry/await-space': () => ({ output: null }),
    });
    const end = await run.finish();
    assert.deepEqual([end.how, end.how === 'failed' && end.type], ['failed', 'JobFailed']);
  });
});
