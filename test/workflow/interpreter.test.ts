import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { allWell, hash, input, lungCt, pacs, rejected, result, step, taken } from './definitions.ts';
import { Harness } from './harness.ts';

let harness: Harness;
before(async () => {
  harness = await Harness.open();
});
after(() => harness.close());

const failing = (code: string, message: string) => () => ({ fail: { code, message } });

describe('a run', () => {
  it('runs the steps in their order, then finally, and says how each fared', async () => {
    const run = await harness.start(input, allWell);
    assert.deepEqual(await run.finish(), {
      how: 'completed',
      result: {
        outcome: 'succeeded',
        instances: 128,
        steps: { study: 'succeeded', complete: 'succeeded', nodules: 'succeeded', 'to-pacs': 'succeeded', reclaim: 'succeeded' },
      },
    });
    assert.deepEqual(
      run.activities().map(({ type, id, summary }) => [type, id, summary]),
      [
        ['gantry/begin', 'begin', 'take group 7'],
        ['group/by-study', 'study', 'name the group'],
        ['batch/timeout', 'complete', 'is it complete? (quiet for 10s)'],
        ['job/submit', 'nodules', 'run nodules'],
        ['dicom/export', 'to-pacs', 'send 2 instances to PACS, ARCHIVE'],
        ['storage/reclaim', 'reclaim', 'give back the instances'],
      ],
    );
  });

  it('hands a step its evaluated options and what it needs to know of the run', async () => {
    const run = await harness.start(input, allWell);
    await run.finish();
    assert.deepEqual(run.activities('gantry/begin')[0]?.input, { group: 7, definition: hash });
    assert.deepEqual(run.activities('dicom/export')[0]?.input, {
      kind: 'step',
      group: 7,
      step: 'to-pacs',
      attempt: 1,
      options: { instances: { set: 'artifact-1', count: 2, sizeBytes: 1 }, destinations: ['PACS', 'ARCHIVE'] },
      outcome: 'succeeded',
      definition: hash,
      key: '1.2.3',
      calledAeTitle: 'LUNG',
      retainFailedMs: 604_800_000,
    });
  });

  it('leaves to Temporal only what a lost worker does: heartbeats, five tries, no retry of a timeout', async () => {
    const run = await harness.start(input, allWell);
    await run.finish();
    assert.deepEqual(run.activities('job/submit')[0]?.options, {
      startToCloseMs: 600_000,
      heartbeatMs: 30_000,
      maximumAttempts: 5,
      nonRetryableErrorTypes: ['TemporalTimeout:StartToClose', 'TemporalTimeout:ScheduleToClose'],
    });
  });

  it('puts the events of each step in a group of their own', async () => {
    const run = await harness.start(input, { ...allWell, 'dicom/export': (_, n) => (n === 1 ? rejected : { output: null }) });
    await run.finish();
    assert.deepEqual(
      run.asked.flatMap((asked) => (asked.what === 'activity' || asked.what === 'timer' ? [asked.group] : [])),
      [null, 'step:study', 'step:complete', 'step:nodules', 'step:to-pacs', 'step:to-pacs', 'step:to-pacs', 'step:reclaim'],
    );
  });

  it('skips a step whose condition is false, and goes on', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': () => result(0) });
    const end = await run.finish();
    assert.equal(end.how === 'completed' && end.result.steps['to-pacs'], 'skipped');
    assert.equal(run.activities('dicom/export').length, 0);
  });

  it('fails the step whose expression cannot be evaluated, and never takes it for false', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': () => ({ output: {} }) });
    const end = await run.finish();
    assert.ok(end.how === 'failed');
    assert.equal(end.type, 'ExpressionFailed');
    assert.match(end.message, /^step to-pacs \(dicom\/export\) failed: .*steps\.nodules\.output\.instances\.count > 0/);
    assert.equal(run.activities('storage/reclaim').length, 1);
  });

  it('fails the step whose option cannot be evaluated', async () => {
    const definition = {
      ...lungCt,
      steps: [step('nodules', 'job/submit', { with: { job: { $expression: 'steps.study.output.nothing' } } })],
    };
    const run = await harness.start(input, { ...allWell, 'gantry/begin': () => ({ output: taken(definition) }) });
    const end = await run.finish();
    assert.equal(end.how === 'failed' && end.type, 'ExpressionFailed');
  });

  it('lets expressions see the run, the group and the outputs, and null for a step that has none', async () => {
    const names = {
      a: 'run.workflowId',
      b: 'run.outcome',
      c: 'group',
      d: 'steps.reclaim.output == null',
      e: 'steps.nodules.output',
      f: 'run.group + run.calledAeTitle + run.workflow',
    };
    const options = Object.fromEntries(Object.entries(names).map(([name, source]) => [name, { $expression: source }]));
    const definition = {
      ...lungCt,
      steps: [...lungCt.steps.slice(0, 2), step('nodules', 'job/submit'), step('to-pacs', 'dicom/export', { with: options })],
    };
    const run = await harness.start(input, {
      ...allWell,
      'gantry/begin': () => ({ output: taken(definition) }),
      'job/submit': () => ({ output: 5 }),
    });
    await run.finish();
    assert.deepEqual(run.activities('dicom/export')[0]?.input.options, {
      a: 'lung-ct/LUNG/1.2.3',
      b: 'succeeded',
      c: { instances: { set: 'group-7', count: 128, sizeBytes: 1 }, series: 2, modalities: ['CT'], callingAeTitles: ['CT1'] },
      d: true,
      e: 5,
      f: '1.2.3LUNGlung-ct',
    });
  });

  it('has nothing to do where another run closed its group', async () => {
    const run = await harness.start(input, { 'gantry/begin': () => ({ output: { state: 'closed' } }) });
    assert.deepEqual(await run.finish(), { how: 'completed', result: { outcome: 'nothing-to-do', instances: 0, steps: {} } });
  });

  it('fails where it cannot begin, with the reason', async () => {
    const run = await harness.start(input, { 'gantry/begin': failing('GY610', 'the ledger has no definition abababababab') });
    const end = await run.finish();
    assert.deepEqual(end.how === 'failed' && [end.type, end.message], [
      'GY610',
      'the run cannot begin: the ledger has no definition abababababab',
    ]);
    assert.equal((await run.view()).stage, 'failed');
  });

  it('fails at once where somebody starts it by hand with no input of a run', async () => {
    const run = await harness.start({ ...input, group: 'seven' } as never, {});
    assert.equal(run.end?.how === 'failed' && run.end.type, 'InvalidInput');
  });
});

describe('a cancelled run', () => {
  it('cancels its activity, waits for its end, runs finally, and ends cancelled', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': () => ({ hangs: true, afterMs: 2_000 }) });
    await run.advance(10_000);
    await run.cancel();
    await run.advance(1_000);
    assert.equal(run.activities('storage/reclaim').length, 0);
    assert.deepEqual(await run.finish(), { how: 'cancelled' });
    const reclaim = run.activities('storage/reclaim')[0];
    assert.deepEqual([reclaim?.at, reclaim?.input.outcome], [12_000, 'cancelled']);
    const view = await run.view();
    assert.deepEqual(
      view.steps.map(({ state }) => state),
      ['succeeded', 'succeeded', 'cancelled', 'pending', 'succeeded'],
    );
    assert.equal(view.stage, 'cancelled');
  });

  it('does not begin the next step where the activity succeeded all the same', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': () => ({ ...result(2), afterMs: 5_000 }) });
    await run.advance(1_000);
    await run.cancel();
    assert.deepEqual(await run.finish(), { how: 'cancelled' });
    assert.deepEqual(
      (await run.view()).steps.map(({ state }) => state),
      ['succeeded', 'succeeded', 'succeeded', 'pending', 'succeeded'],
    );
  });

  it('finishes what it had nearly done: a cancel during finally changes nothing', async () => {
    const run = await harness.start(input, { ...allWell, 'storage/reclaim': () => ({ output: null, afterMs: 5_000 }) });
    await run.advance(2_000);
    await run.cancel();
    assert.equal((await run.finish()).how, 'completed');
  });

  it('fails where it could not give back what it holds', async () => {
    const run = await harness.start(input, {
      ...allWell,
      'job/submit': () => ({ hangs: true }),
      'storage/reclaim': failing('LedgerGone', 'no ledger'),
    });
    await run.advance(1_000);
    await run.cancel();
    const end = await run.finish();
    assert.equal(end.how === 'failed' && end.type, 'LedgerGone');
  });

  it('ends cancelled while it still takes its group', async () => {
    const run = await harness.start(input, { ...allWell, 'gantry/begin': () => ({ hangs: true }) });
    await run.cancel();
    assert.deepEqual(await run.finish(), { how: 'cancelled' });
  });

  it('lets its finally steps be tried again, park, and be ended by an operator', async () => {
    const definition = { ...lungCt, finally: [step('reclaim', 'storage/reclaim', { retry: { ...pacs, attempts: 2 } })] };
    const fakes = {
      ...allWell,
      'gantry/begin': () => ({ output: taken(definition) }),
      'job/submit': () => ({ hangs: true }) as const,
      'storage/reclaim': () => rejected,
    };
    const run = await harness.start(input, fakes);
    await run.advance(1_000);
    await run.cancel();
    await run.settle();
    assert.equal((await run.view()).parked, true);
    assert.equal(run.activities('storage/reclaim').length, 2);
    await run.signal('skip');
    assert.deepEqual(await run.finish(), { how: 'cancelled' });
  });
});

describe('what ops see', () => {
  it('has search attributes that change with the stages, and no more often', async () => {
    const run = await harness.start(input, allWell);
    await run.finish();
    assert.deepEqual(
      run.asked.flatMap((asked) => (asked.what === 'attributes' ? [asked.values] : [])),
      [
        {
          GantryStage: 'collecting',
          GantryCalledAE: 'LUNG',
          GantryDefinition: 'abababababab',
          GantryParked: false,
          GantryCallingAE: ['CT1'],
          GantryModality: ['CT'],
          GantryInstances: 1,
        },
        { GantryStage: 'nodules', GantryInstances: 128 },
        { GantryStage: 'to-pacs' },
        { GantryStage: 'reclaim' },
        { GantryStage: 'succeeded' },
      ],
    );
  });

  it('has a progress table that says how far the run is', async () => {
    const run = await harness.start(input, { ...allWell, 'dicom/export': () => rejected });
    await run.settle();
    assert.equal(
      await run.details(),
      [
        '**Lung nodules on chest CT**: 128 instances, to-pacs',
        '',
        '| step | uses | state | attempts | |',
        '|---|---|---|---|---|',
        '| study | group/by-study | ✓ succeeded | 1 | study 1.2.3: CT from CT1 |',
        '| complete | batch/timeout | ✓ succeeded | 1 | 128 instances, quiet |',
        '| nodules | job/submit | ✓ succeeded | 1 |  |',
        '| to-pacs | dicom/export | 🅿 parked | 4 | waits for retry, skip or fail: association rejected (2/3/2) |',
        '| reclaim | storage/reclaim | · pending |  |  |',
      ].join('\n'),
    );
  });

  it('has the times of each step', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': () => ({ ...result(2), afterMs: 60_000 }) });
    await run.finish();
    const { startedAt, endedAt } = (await run.view()).steps[2] ?? {};
    assert.deepEqual([startedAt, endedAt], ['2026-01-15T13:00:00.300Z', '2026-01-15T13:01:00.300Z']);
  });

  it('knows what each signal and query is for', async () => {
    const run = await harness.start(input, { ...allWell, 'job/submit': () => ({ hangs: true }) });
    const { definition } = await run.query<{ definition: { signalDefinitions: { name: string; description: string }[] } }>(
      '__temporal_workflow_metadata',
    );
    assert.deepEqual(definition.signalDefinitions.map(({ name }) => name).sort(), ['complete-now', 'fail', 'retry', 'skip', 'wake']);
    for (const { description } of definition.signalDefinitions) assert.ok(description.length > 20);
  });
});

describe('a defect of the interpreter', () => {
  it('fails the run, after finally, and not the workflow task for ever', async () => {
    // A batch that answers what no worker answers.
    const run = await harness.start(input, { ...allWell, 'batch/timeout': () => ({ output: { complete: true, why: 5 } }) });
    const end = await run.finish();
    assert.equal(end.how === 'failed' && end.type, 'InterpreterDefect');
    assert.equal(run.activities('storage/reclaim')[0]?.input.outcome, 'failed');
  });
});
