import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { allWell, input, lungCt, pacs, rejected, step, taken } from './definitions.ts';
import { Harness } from './harness.ts';

let harness: Harness;
before(async () => {
  harness = await Harness.open();
});
after(() => harness.close());

const failing = (code: string, message: string) => () => ({ fail: { code, message } });

describe('a step that fails', () => {
  it('stops the run: the rest stays pending, finally runs and learns of it, and the failure names step and reason', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': failing('OutOfMemory', 'the job needs 64 GB') });
    assert.deepEqual(await run.finish(), {
      how: 'failed',
      type: 'OutOfMemory',
      message: 'step nodules (job/submit) failed: the job needs 64 GB',
      nonRetryable: true,
      details: { step: 'nodules', code: 'OutOfMemory', hint: null },
    });
    assert.equal(run.activities('storage/reclaim')[0]?.input.outcome, 'failed');
    const { steps, stage } = await run.view();
    assert.deepEqual(
      steps.map(({ state }) => state),
      ['succeeded', 'succeeded', 'failed', 'pending', 'succeeded'],
    );
    assert.equal(stage, 'failed');
  });

  it('is tried again after pauses that the timers tell of, until it is done', async () => {
    const run = await harness.start(input, { ...allWell, 'dicom/export': (_, n) => (n < 3 ? rejected : { output: { sent: 2 } }) });
    const end = await run.finish();
    assert.equal(end.how, 'completed');
    assert.deepEqual(
      run.timers().map(({ ms, summary }) => [ms, summary]),
      [
        [30_000, 'to-pacs: attempt 2 of 4 in 30 s: association rejected (2/3/2)'],
        [60_000, 'to-pacs: attempt 3 of 4 in 1 min: association rejected (2/3/2)'],
      ],
    );
    assert.deepEqual(
      run.activities('dicom/export').map(({ input: call }) => call.attempt),
      [1, 2, 3],
    );
    const exported = (await run.view()).steps.find(({ id }) => id === 'to-pacs');
    assert.deepEqual([exported?.attempts, exported?.error, exported?.output], [3, null, { sent: 2 }]);
  });

  it('waits as long as the plugin says, or not at all', async () => {
    const busy = (retryAfterMs: number) => ({ fail: { code: 'Busy', message: 'queue full', retryable: true, retryAfterMs } });
    const run = await harness.start(input, { ...allWell, 'dicom/export': (_, n) => [busy(1_500), busy(0)][n - 1] ?? { output: null } });
    assert.equal((await run.finish()).how, 'completed');
    assert.deepEqual(
      run.timers().map(({ ms }) => ms),
      [1_500, 1],
    );
  });

  it('counts running out of time as an attempt that may be tried again', async () => {
    const run = await harness.start(input, {
      ...allWell,
      'dicom/export': (_, n) => (n === 1 ? { timeout: 'START_TO_CLOSE' } : { output: null }),
    });
    await run.finish();
    assert.equal(run.timers()[0]?.summary, 'to-pacs: attempt 2 of 4 in 30 s: took longer than 10 min');
    assert.equal(run.attributes().GantryLastError, 'StepTimedOut');
  });

  it('counts a worker that was lost time and again as an attempt that may be tried again', async () => {
    const lost = [{ timeout: 'HEARTBEAT' } as const, { crash: { type: 'CancelledFailure', message: 'WORKER_SHUTDOWN' } }];
    const run = await harness.start(input, { ...allWell, 'dicom/export': (_, n) => lost[n - 1] ?? { output: null } });
    assert.equal((await run.finish()).how, 'completed');
    assert.deepEqual(
      run.timers().map(({ summary }) => summary),
      ['to-pacs: attempt 2 of 4 in 30 s: its worker was lost', 'to-pacs: attempt 3 of 4 in 1 min: its worker was stopped'],
    );
  });

  it('keeps its code where the worker itself fails, and is tried again', async () => {
    const run = await harness.start(input, {
      ...allWell,
      'job/submit': () => ({ crash: { type: 'Error', message: 'database is locked' } }),
    });
    const end = await run.finish();
    assert.deepEqual([end.how === 'failed' && end.type, run.activities('job/submit').length], ['StepFailed', 3]);
  });

  it('goes on without it where the policy says skip', async () => {
    const definition = {
      ...lungCt,
      steps: [step('to-pacs', 'dicom/export', { retry: { ...pacs, exhausted: 'skip' } }), step('last', 'job/submit')],
    };
    const run = await harness.start(input, {
      ...allWell,
      'gantry/begin': () => ({ output: taken(definition) }),
      'dicom/export': failing('Gone', 'gone'),
    });
    const end = await run.finish();
    assert.deepEqual(end.how === 'completed' && end.result.steps, { 'to-pacs': 'skipped', last: 'succeeded', reclaim: 'succeeded' });
  });

  it('takes an error as done where the policy says so', async () => {
    const definition = { ...lungCt, steps: [step('to-pacs', 'dicom/export', { retry: { ...pacs, on: { Duplicate: 'done' } } })] };
    const run = await harness.start(input, {
      ...allWell,
      'gantry/begin': () => ({ output: taken(definition) }),
      'dicom/export': failing('Duplicate', 'there already'),
    });
    assert.equal((await run.finish()).how, 'completed');
    const { state, note, error } = (await run.view()).steps[0] ?? {};
    assert.deepEqual([state, note, error], ['succeeded', 'taken as done: there already', null]);
  });

  it('fails the run when it is a finally step, after the others have run', async () => {
    const definition = { ...lungCt, finally: [step('tell', 'dicom/export'), ...lungCt.finally] };
    const run = await harness.start(input, {
      ...allWell,
      'gantry/begin': () => ({ output: taken(definition) }),
      'dicom/export': (call) => (call.step === 'tell' ? { fail: { code: 'Deaf', message: 'nobody listens' } } : { output: null }),
    });
    const end = await run.finish();
    assert.deepEqual(
      [end.how === 'failed' && end.message, run.activities('storage/reclaim').length],
      ['step tell (dicom/export) failed: nobody listens', 1],
    );
  });

  it('keeps the first failure when a finally step fails too', async () => {
    const run = await harness.start(input, {
      ...allWell,
      'job/submit': failing('First', 'one'),
      'storage/reclaim': failing('Second', 'two'),
    });
    const end = await run.finish();
    assert.equal(end.how === 'failed' && end.type, 'First');
  });
});

describe('a parked step', () => {
  const parked = async () => {
    const run = await harness.start(input, { ...allWell, 'dicom/export': (_, n) => (n <= 4 ? rejected : { output: { sent: 2 } }) });
    await run.settle();
    return run;
  };

  it('waits for an operator and shows it', async () => {
    const run = await parked();
    const view = await run.view();
    const { state, note, attempts, error } = view.steps[3] ?? {};
    assert.deepEqual([view.parked, view.stage, state, attempts], [true, 'to-pacs', 'parked', 4]);
    assert.equal(note, 'waits for retry, skip or fail: association rejected (2/3/2)');
    assert.deepEqual(error, { code: 'AssociationRejected', message: 'association rejected (2/3/2)', hint: 'is PACS up?' });
    assert.equal(run.attributes().GantryParked, true);
    assert.equal(run.attributes().GantryLastError, 'AssociationRejected');
  });

  it('is tried again with the signal retry, and goes on counting', async () => {
    const run = await parked();
    await run.signal('retry', { step: 'to-pacs', reason: 'PACS is back' });
    assert.equal((await run.view()).steps[3]?.note, 'retried by an operator: PACS is back');
    const end = await run.finish();
    assert.equal(end.how, 'completed');
    assert.equal(run.activities('dicom/export').at(-1)?.input.attempt, 5);
    assert.equal(run.attributes().GantryParked, false);
  });

  it('is left out with the signal skip', async () => {
    const run = await parked();
    await run.signal('skip', { reason: 'PACS is being moved' });
    const end = await run.finish();
    assert.equal(end.how === 'completed' && end.result.steps['to-pacs'], 'skipped');
    assert.equal((await run.view()).steps[3]?.note, 'skipped by an operator: PACS is being moved');
  });

  it('fails with the signal fail, and the failure says who and why', async () => {
    const run = await parked();
    await run.signal('fail', { reason: 'sent by hand' });
    const end = await run.finish();
    assert.equal(
      end.how === 'failed' && end.message,
      'step to-pacs (dicom/export) failed: association rejected (2/3/2) (failed by an operator: sent by hand)',
    );
    assert.equal(run.activities('storage/reclaim')[0]?.input.outcome, 'failed');
  });

  it('takes a signal without any input, as the Web UI sends it, and does not mind nonsense', async () => {
    const run = await parked();
    await run.signal('retry', { step: 'another' });
    await run.signal('wake', 'nonsense');
    await run.signal('wake');
    assert.equal((await run.view()).parked, true);
    await run.signal('retry');
    assert.equal((await run.finish()).how, 'completed');
  });

  it('ends cancelled when the run is cancelled, after finally', async () => {
    const run = await parked();
    await run.cancel();
    assert.deepEqual(await run.finish(), { how: 'cancelled' });
    assert.equal(run.activities('storage/reclaim')[0]?.input.outcome, 'cancelled');
  });

  it('is not moved by an order that came before it was parked', async () => {
    const run = await harness.start(input, {
      ...allWell,
      'dicom/export': () => ({ fail: { code: 'Gone', message: 'gone' }, afterMs: 5_000 }),
    });
    await run.advance(1_000);
    await run.signal('skip');
    await run.settle();
    assert.equal((await run.view()).steps[3]?.state, 'parked');
  });
});

describe('a pausing step', () => {
  const pausing = async () => {
    const run = await harness.start(input, { ...allWell, 'dicom/export': (_, n) => (n === 1 ? rejected : { output: { sent: 2 } }) });
    await run.advance(10_000);
    return run;
  };

  it('shows what it waits for', async () => {
    const { state, note } = (await (await pausing()).view()).steps[3] ?? {};
    assert.deepEqual([state, note], ['pausing', 'attempt 2 of 4 in 30 s: association rejected (2/3/2)']);
  });

  it('need not wait when an operator says retry', async () => {
    const run = await pausing();
    await run.signal('retry');
    assert.equal(run.activities('dicom/export').length, 2);
    assert.equal(run.asked.filter(({ what }) => what === 'cancel-timer').length, 1);
    assert.equal((await run.finish()).how, 'completed');
  });

  it('waits again after the next attempt: an order is for one pause', async () => {
    const run = await harness.start(input, { ...allWell, 'dicom/export': () => rejected });
    await run.advance(10_000);
    await run.signal('retry');
    await run.advance(10_000);
    assert.equal(run.activities('dicom/export').length, 2);
    assert.equal((await run.view()).steps[3]?.state, 'pausing');
  });

  it('takes the first of two orders that come at once', async () => {
    const run = await pausing();
    run.post('skip');
    await run.signal('fail');
    const end = await run.finish();
    assert.equal(end.how === 'completed' && end.result.steps['to-pacs'], 'skipped');
  });

  it('is cancelled with its run at once', async () => {
    const run = await pausing();
    await run.cancel();
    await run.finish();
    assert.equal((await run.view()).steps[3]?.state, 'cancelled');
  });
});
