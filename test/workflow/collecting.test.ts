import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { allWell, complete, hash, input, lungCt, pacs, quietPeriod, result, taken, totals } from './definitions.ts';
import { Harness } from './harness.ts';

let harness: Harness;
before(async () => {
  harness = await Harness.open();
});
after(() => harness.close());

const failing = (code: string, message: string) => () => ({ fail: { code, message } });

describe('collecting', () => {
  const collecting = (arrivals: readonly number[], quietMs = 10_000) => ({ ...allWell, 'batch/timeout': quietPeriod(arrivals, quietMs) });

  it('slides the quiet period: looks again when it would be over, and says until when', async () => {
    const run = await harness.start(input, collecting([0, 4_000, 8_000, 15_000]));
    const end = await run.finish();
    assert.equal(end.how === 'completed' && end.result.instances, 4);
    assert.deepEqual(
      run.timers().map(({ at, ms, summary }) => [at + ms, summary]),
      [
        [10_000, 'complete: 1 instances, quiet until 13:00:10'],
        [18_000, 'complete: 3 instances, quiet until 13:00:18'],
        [25_000, 'complete: 4 instances, quiet until 13:00:25'],
      ],
    );
  });

  it('hands a decision its own last state and how far it had seen', async () => {
    const run = await harness.start(input, collecting([0, 4_000]));
    await run.finish();
    assert.deepEqual(
      run.activities('batch/timeout').map(({ input: call }) => call.batch),
      [
        { state: null, seen: 0, completeNow: null },
        { state: { asked: true }, seen: 1, completeNow: null },
        { state: { asked: true }, seen: 2, completeNow: null },
      ],
    );
  });

  it('shows its reason while it waits', async () => {
    const run = await harness.start(input, collecting([0, 4_000]));
    await run.advance(11_000);
    const view = await run.view();
    assert.deepEqual([view.stage, view.instances, view.steps[1]?.note], ['collecting', 2, '2 instances, quiet until 13:00:14']);
  });

  it('decides at once when it is woken for its group', async () => {
    const run = await harness.start(input, collecting([0]));
    await run.advance(2_000);
    await run.signal('wake', { group: 7, definition: hash, reason: 'association-release' });
    assert.equal(run.activities('batch/timeout').length, 2);
  });

  it('decides again when it is woken during a decision, which may not have seen what the wake-up is about', async () => {
    const run = await harness.start(input, {
      ...allWell,
      'batch/timeout': (call, n, now) => ({ ...quietPeriod([0], 10_000)(call, n, now), afterMs: 1_000 }),
    });
    await run.advance(500);
    await run.signal('wake', { group: 7, definition: hash, reason: 'instances' });
    await run.advance(1_000);
    assert.equal(run.activities('batch/timeout').length, 2);
  });

  it('spends no command on a wake-up that is its own start, is old, or comes twice', async () => {
    const run = await harness.start(input, collecting([0]));
    await run.advance(2_000);
    const asked = run.asked.length;
    for (const reason of ['new-group', 'run-vanished']) await run.signal('wake', { group: 7, definition: hash, reason });
    await run.signal('wake', { group: 6, definition: hash, reason: 'instances' });
    assert.equal(run.asked.length, asked);
    await run.signal('wake', { group: 8, definition: hash, reason: 'new-group' });
    await run.signal('wake', { group: 8, definition: hash, reason: 'new-group' });
    assert.equal(run.asked.length, asked);
  });

  it('completes now when an operator says so', async () => {
    const run = await harness.start(input, collecting([0]));
    await run.advance(2_000);
    await run.signal('complete-now', { reason: 'the patient waits' });
    await run.finish();
    assert.equal(run.activities('batch/timeout')[1]?.input.batch?.completeNow, 'the patient waits');
    assert.equal((await run.view()).steps[1]?.note, 'the patient waits');
  });

  it('waits for a wake-up alone where the batch names no time', async () => {
    const open = { output: { complete: false, why: '1 of 2 series', wakeAt: null, state: null, seen: 1, totals: totals(1) } };
    const run = await harness.start(input, { ...allWell, 'batch/timeout': (_, n) => (n === 1 ? open : complete(2)) });
    await run.settle();
    assert.equal(run.timers().length, 0);
    await run.signal('wake', { group: 7, definition: hash, reason: 'instances' });
    assert.equal((await run.finish()).how, 'completed');
  });

  it('does not ask without a pause where the ledger’s clock is behind', async () => {
    const behindMs = 3_000;
    const run = await harness.start(input, {
      ...allWell,
      'batch/timeout': (call, n, now) => quietPeriod([0], 10_000)(call, n, now - behindMs),
    });
    const end = await run.finish();
    assert.equal(end.how, 'completed');
    assert.ok(run.activities('batch/timeout').length <= 2 + behindMs / 500, `${run.activities('batch/timeout').length} decisions`);
  });

  it('asks again after thirty days at the latest, whatever the plugin says', async () => {
    const never = { output: { complete: false, why: 'in a thousand years', wakeAt: 1e15, state: null, seen: 1, totals: totals(1) } };
    const run = await harness.start(input, { ...allWell, 'batch/timeout': (_, n) => (n === 1 ? never : complete(2)) });
    await run.finish();
    assert.equal(run.timers()[0]?.ms, 30 * 24 * 3_600_000);
  });

  it('cannot be left out: skipping it fails the run, because nothing would close its group', async () => {
    const [study, batch, ...rest] = lungCt.steps;
    assert.ok(study && batch);
    const definition = { ...lungCt, steps: [study, { ...batch, retry: { ...pacs, exhausted: 'skip' as const } }, ...rest] };
    const run = await harness.start(input, {
      ...allWell,
      'gantry/begin': () => ({ output: taken(definition) }),
      'batch/timeout': failing('NoLedger', 'gone'),
    });
    const end = await run.finish();
    assert.equal(end.how === 'failed' && end.type, 'BatchNotComplete');
    assert.equal(run.activities('job/submit').length, 0);
  });

  it('costs at most 200 events for a study of 1,000 instances over 90 s with a quiet period of 10 s', async () => {
    const arrivals = Array.from({ length: 1_000 }, (_, n) => n * 90);
    const run = await harness.start(input, { ...collecting(arrivals), 'job/submit': () => ({ hangs: true }) }, (prepared) =>
      prepared.post('wake', { group: 7, definition: hash, reason: 'new-group' }),
    );
    for (let n = 0; n < 3; n += 1) {
      await run.advance(25_000);
      await run.signal('wake', { group: 7, definition: hash, reason: 'association-release' });
    }
    await run.advance(120_000);
    assert.equal(run.activities('job/submit').length, 1);
    assert.ok(run.events <= 200, `${run.events} events`);
  });

  it('goes on in a new history when its own grows long, with the same group', async () => {
    const run = await harness.start(input, collecting(Array.from({ length: 50 }, (_, n) => n * 5_000)));
    await run.advance(20_000);
    run.continueAsNewSuggested = true;
    assert.deepEqual(await run.finish(), { how: 'continued', input });
    assert.equal(run.activities('storage/reclaim').length, 0);
  });

  it('obeys an operator before it goes on in a new history', async () => {
    const run = await harness.start(input, collecting([0]));
    await run.advance(2_000);
    run.continueAsNewSuggested = true;
    await run.signal('complete-now');
    assert.equal((await run.finish()).how, 'completed');
  });
});

describe('a group that comes behind', () => {
  const late = { group: 9, definition: 'cd'.repeat(32), reason: 'new-group' };

  it('is shown as waiting, and continued with when the run has succeeded', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': () => ({ ...result(2), afterMs: 60_000 }) });
    await run.advance(10_000);
    await run.signal('wake', late);
    await run.signal('wake', late);
    assert.equal((await run.view()).waiting, 1);
    assert.match(await run.details(), /1 group waiting behind/);
    assert.deepEqual(await run.finish(), { how: 'continued', input: { ...input, group: 9, definition: late.definition } });
  });

  it('is not overlooked when its wake-up comes with the very last activity', async () => {
    const run = await harness.start(input, { ...allWell, 'storage/reclaim': () => ({ output: null, afterMs: 1_000 }) });
    await run.advance(900);
    assert.equal(run.activities('storage/reclaim').length, 1);
    run.post('wake', late);
    assert.equal((await run.finish()).how, 'continued');
  });

  it('is not one that came before: its wake-up was late', async () => {
    const run = await harness.start(input, allWell);
    run.post('wake', { ...late, group: 6 });
    assert.equal((await run.finish()).how, 'completed');
  });

  it('is continued with where there was nothing to do', async () => {
    const run = await harness.start(input, { 'gantry/begin': () => ({ output: { state: 'closed' } }) });
    run.post('wake', late);
    assert.equal((await run.finish()).how, 'continued');
  });

  it('does not hide a failure: the run fails, and the engine wakes another for the group', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': failing('OutOfMemory', 'no') });
    run.post('wake', late);
    assert.equal((await run.finish()).how, 'failed');
  });

  it('does not hide a cancellation', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': () => ({ hangs: true }) });
    await run.advance(1_000);
    run.post('wake', late);
    await run.cancel();
    assert.equal((await run.finish()).how, 'cancelled');
  });
});
