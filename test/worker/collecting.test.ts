import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BatchDecision, defineBatching, defineGrouping, fatal, type Observation, Type } from '../../engine/plugin/index.ts';
import type { BatchOutput, BeginOutput } from '../../engine/workflow/contract.ts';
import { activity, callOf, definitionHash, openParts, runId } from './engine-parts.ts';

const words = { title: 'A title', description: 'What it does.' };
const none = Type.Object({}, { additionalProperties: false });

/** A batching whose decisions a test gives. */
function batching(decide: (state: unknown, observation: Observation) => BatchDecision) {
  const looks: { state: unknown; observation: Observation }[] = [];
  const plugin = {
    batchings: {
      'test/batch': defineBatching({
        ...words,
        options: none,
        decide(state, observation) {
          looks.push({ state, observation });
          return decide(state, observation);
        },
      }),
    },
  };
  return { plugin, looks };
}
const waiting: BatchDecision = { complete: false, wakeAt: Date.now() + 3_600_000, state: { n: 1 }, why: 'waiting' };
const complete: BatchDecision = { complete: true, why: 'all there' };

type Taken = Extract<BeginOutput, { state: 'taken' }>;
type Complete = Extract<BatchOutput, { complete: true }>;
type Waiting = Extract<BatchOutput, { complete: false }>;

describe('gantry/begin', () => {
  it('takes the group and brings the definition that the run keeps', async (test) => {
    const { parts, ledger, receive } = await openParts(test);
    const group = await receive('1.1', '1.2');
    await ledger.saveDefinition(definitionHash, 'lung-ct', '{"workflow":"lung-ct"}');
    const begun = await activity(parts, 'gantry/begin').run<Taken>({ group, definition: definitionHash });
    assert.equal(begun.state, 'taken');
    assert.deepEqual(begun.definition, { workflow: 'lung-ct' });
    assert.equal(begun.totals.instances, 2);
    assert.equal((await ledger.group(group))?.runId, runId);
  });

  it('has nothing to do where another run has closed the group', async (test) => {
    const { parts, ledger, receive } = await openParts(test);
    const group = await receive('1.1');
    const { seen } = await ledger.observeGroup(group, 0);
    await ledger.closeGroup(group, 'another run', seen);
    assert.deepEqual(await activity(parts, 'gantry/begin').run({ group, definition: definitionHash }), { state: 'closed' });
  });

  it('fails for good where the definition is lost, and is tried again where the ledger is away', async (test) => {
    const { parts, ledger, receive } = await openParts(test);
    const group = await receive('1.1');
    await assert.rejects(activity(parts, 'gantry/begin').run({ group, definition: definitionHash }), { type: 'GY610', nonRetryable: true });
    await ledger.close();
    await assert.rejects(activity(parts, 'gantry/begin').run({ group, definition: definitionHash }), {
      type: 'GY415',
      nonRetryable: false,
    });
  });
});

describe('a group activity', () => {
  it('says what the group is', async (test) => {
    const grouping = defineGrouping({
      ...words,
      options: none,
      key: () => null,
      describe: (key, { instances, modalities }) => `study ${key}: ${instances} ${modalities.join()}`,
    });
    const { parts, receive } = await openParts(test, { plugin: { groupings: { 'test/group': grouping } } });
    const group = await receive('1.1', '1.2');
    assert.deepEqual(await activity(parts, 'test/group').run(callOf('group', group)), { key: '1.2.3', description: 'study 1.2.3: 2 CT' });
  });
});

describe('a batch activity', () => {
  it('shows the plugin what is new, and hands its state back', async (test) => {
    const { plugin, looks } = batching(() => waiting);
    const { parts, receive } = await openParts(test, { plugin });
    const group = await receive('1.1', '1.2');
    const first = await activity(parts, 'test/batch').run<Waiting>(callOf('batch', group));
    assert.deepEqual({ ...first, totals: null, seen: null }, { ...waiting, totals: null, seen: null });
    assert.deepEqual(
      looks[0]?.observation.fresh.map(({ sopInstanceUid }) => sopInstanceUid),
      ['1.1', '1.2'],
    );
    assert.equal(looks[0]?.state, null);

    await receive('1.3');
    await activity(parts, 'test/batch').run(
      callOf('batch', group, { batch: { state: first.state, seen: first.seen, completeNow: 'now' } }),
    );
    assert.deepEqual(
      looks[1]?.observation.fresh.map(({ sopInstanceUid }) => sopInstanceUid),
      ['1.3'],
    );
    assert.equal(looks[1]?.observation.totals.instances, 3);
    assert.equal(looks[1]?.observation.completeNow, 'now');
    assert.deepEqual(looks[1]?.state, { n: 1 });
  });

  it('closes the group when it is complete: the set is fixed to the run', async (test) => {
    const { plugin } = batching(() => complete);
    const { parts, ledger, receive } = await openParts(test, { plugin });
    const group = await receive('1.1', '1.2');
    const output = await activity(parts, 'test/batch').run<Complete>(callOf('batch', group));
    assert.deepEqual([output.complete, output.why, output.instances.count, output.totals.instances], [true, 'all there', 2, 2]);
    assert.deepEqual([(await ledger.group(group))?.state, (await ledger.group(group))?.runId], ['closed', runId]);
    assert.notEqual(await receive('1.3'), group, 'what comes later is of the next group');
  });

  it('decides again where an instance came between the look and the closing', async (test) => {
    const { plugin, looks } = batching(() => complete);
    const { parts, ledger, receive } = await openParts(test, { plugin });
    const group = await receive('1.1');
    let late = true;
    const racing = {
      ...ledger,
      async closeGroup(...args: Parameters<typeof ledger.closeGroup>) {
        if (late) {
          late = false;
          await receive('1.2');
        }
        return ledger.closeGroup(...args);
      },
    };
    const output = await activity({ ...parts, ledger: racing }, 'test/batch').run<Complete>(callOf('batch', group));
    assert.equal(output.instances.count, 2);
    assert.deepEqual(
      looks.map(({ observation }) => observation.totals.instances),
      [1, 2],
    );
  });

  it('gives up for now where instances never stop coming in between', async (test) => {
    const { plugin } = batching(() => complete);
    const { parts, ledger, receive } = await openParts(test, { plugin });
    const group = await receive('1.1');
    const racing = { ...ledger, closeGroup: async () => false };
    await assert.rejects(activity({ ...parts, ledger: racing }, 'test/batch').run(callOf('batch', group)), {
      type: 'GY608',
      details: [{ retryable: true, retryAfterMs: null, hint: 'Nothing: it is tried again. If it stays so, lengthen the quiet period.' }],
    });
  });

  it('answers the same again where its answer was lost after the closing', async (test) => {
    const { plugin, looks } = batching(() => complete);
    let crash = true;
    const { parts, receive } = await openParts(test, {
      plugin,
      crashPoint(at) {
        if (crash && at === 'batch-closed') {
          crash = false;
          throw new Error('the worker died');
        }
      },
    });
    const group = await receive('1.1', '1.2');
    await assert.rejects(activity(parts, 'test/batch').run(callOf('batch', group)));
    const output = await activity(parts, 'test/batch').run<Complete>(callOf('batch', group));
    assert.deepEqual([output.complete, output.instances.count], [true, 2]);
    assert.equal(looks.length, 1);
    await assert.rejects(activity(parts, 'test/batch', { runId: 'another' }).run(callOf('batch', group)), { type: 'GY609' });
  });

  it('has the ledger wake the run where the plugin asks for it', async (test) => {
    const { plugin } = batching(() => ({ ...waiting, wakeAt: null, wakeOn: { instances: 2 } }));
    const { parts, ledger, receive } = await openParts(test, { plugin });
    const group = await receive('1.1');
    for (const { id } of await ledger.dueWakeUps(Date.now(), 10)) await ledger.wakeUpSent(id);
    const output = await activity(parts, 'test/batch').run<Waiting>(callOf('batch', group));
    assert.equal(output.wakeAt, null);
    await receive('1.2');
    assert.deepEqual(
      (await ledger.dueWakeUps(Date.now(), 10)).map(({ reason }) => reason),
      ['instances'],
    );
  });

  it('does not let a plugin have it look again at once, time and again', async (test) => {
    const { plugin } = batching((_state, { now }) => ({ ...waiting, wakeAt: now - 1 }));
    const { parts, receive } = await openParts(test, { plugin });
    const before = Date.now();
    const output = await activity(parts, 'test/batch').run<Waiting>(callOf('batch', await receive('1.1')));
    assert.ok((output.wakeAt ?? 0) >= before + 1_000);
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['a promise', Promise.resolve(complete)],
    ['no reason', { complete: true }],
    ['a time that is no number', { ...waiting, wakeAt: Number.NaN }],
    ['to wait for ever', { ...waiting, wakeAt: null }],
    ['to wait for no instances', { ...waiting, wakeAt: null, wakeOn: { instances: 0 } }],
    ['a state that is not JSON', { ...waiting, state: 1n }],
    ['a state without measure', { ...waiting, state: 'x'.repeat(65 * 1024) }],
  ];
  for (const [what, decision] of bad) {
    it(`fails for good where the plugin decides ${what}`, async (test) => {
      const { plugin } = batching(() => decision as BatchDecision);
      const { parts, ledger, receive } = await openParts(test, { plugin });
      const group = await receive('1.1');
      await assert.rejects(
        activity(parts, 'test/batch').run(callOf('batch', group)),
        (error: Error & { type: string; details: [{ retryable: boolean }] }) => {
          assert.equal(error.type, 'GY607');
          assert.equal(error.details[0].retryable, false);
          assert.match(error.message, /^"test\/batch" decided /);
          return true;
        },
      );
      assert.equal((await ledger.group(group))?.state, 'collecting');
    });
  }

  it('fails as the plugin fails', async (test) => {
    const { plugin } = batching(() => {
      throw fatal('NoManifest', 'there is no manifest', { hint: 'Send one.' });
    });
    const { parts, receive } = await openParts(test, { plugin });
    await assert.rejects(activity(parts, 'test/batch').run(callOf('batch', await receive('1.1'))), {
      type: 'NoManifest',
      message: 'there is no manifest',
      nonRetryable: true,
      details: [{ retryable: false, retryAfterMs: null, hint: 'Send one.' }],
    });
  });
});
