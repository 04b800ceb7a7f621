import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { close, groupOf, instance, keep, type OpenLedger, reclaimableInstances, story, take, wantedBy } from './fixture.ts';

export function reclaimContract(open: OpenLedger): void {
  describe('settling a group', () => {
    it('releases its claims, so that their files may go', async (test) => {
      const ledger = await open(test);
      const sequence = await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      assert.deepEqual(await reclaimableInstances(ledger), []);
      await close(ledger, group);
      assert.deepEqual(await reclaimableInstances(ledger), []);
      assert.deepEqual(await ledger.settleGroup(group, null, 'done'), { released: 1, retained: 0, retainedUntil: null });
      assert.deepEqual(await reclaimableInstances(ledger), [sequence]);
      assert.deepEqual(await ledger.openGroups(), []);
      assert.equal((await ledger.group(group))?.state, 'settled');
    });

    it('or retains them until a time', async (test) => {
      const ledger = await open(test);
      const sequence = await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      const until = Date.now() + 1_000;
      assert.deepEqual(await ledger.settleGroup(group, until, 'the run failed'), { released: 0, retained: 1, retainedUntil: until });
      assert.equal((await ledger.instances({}))[0]?.state, 'retained');
      assert.equal((await ledger.counts()).retained, 1);
      assert.deepEqual(await reclaimableInstances(ledger), []);
      assert.equal(await ledger.expireRetained(until - 1), 0);
      assert.deepEqual(await reclaimableInstances(ledger), []);
      assert.equal(await ledger.expireRetained(until), 1);
      assert.equal(await ledger.expireRetained(until), 0);
      assert.deepEqual(await reclaimableInstances(ledger), [sequence]);
    });

    it('again changes nothing: the first word stands', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      const until = Date.now() + 60_000;
      const first = await ledger.settleGroup(group, until, 'the run failed');
      assert.deepEqual(await ledger.settleGroup(group, null, 'another word'), first);
      assert.deepEqual(await reclaimableInstances(ledger), []);
      await ledger.expireRetained(until);
      assert.deepEqual(await ledger.settleGroup(group, null, 'another word'), first);
    });

    it('leaves alone what another workflow still wants, open, held or retained', async (test) => {
      const ledger = await open(test);
      const sequence = await take(ledger, ['lung', 'heart', 'liver']);
      const [lung, heart, liver] = [await groupOf(ledger, 'lung'), await groupOf(ledger, 'heart'), await groupOf(ledger, 'liver')];
      const state = async (): Promise<string | undefined> => (await ledger.instances({}))[0]?.state;

      await ledger.settleGroup(lung, null, 'done');
      assert.deepEqual([await state(), await reclaimableInstances(ledger)], ['held', []], 'heart and liver collect');
      await close(ledger, heart);
      await ledger.settleGroup(liver, 5, 'failed');
      assert.deepEqual([await state(), await reclaimableInstances(ledger)], ['held', []], 'heart works on it');
      await ledger.expireRetained(4);
      await ledger.settleGroup(heart, null, 'done');
      assert.deepEqual([await state(), await reclaimableInstances(ledger)], ['retained', []], 'liver retains it');
      await ledger.expireRetained(5);
      assert.deepEqual([await state(), await reclaimableInstances(ledger)], ['retained', [sequence]], 'due, and not deleted yet');
      assert.deepEqual(
        (await ledger.instances({}))[0]?.claims.map((claim) => claim.state),
        ['released', 'released', 'released'],
      );
    });

    it('shows each claim as its run stands', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['open', 'held', 'retained', 'released']);
      await close(ledger, await groupOf(ledger, 'held'));
      await ledger.settleGroup(await groupOf(ledger, 'retained'), Date.now() + 1e6, 'failed');
      await ledger.settleGroup(await groupOf(ledger, 'released'), null, 'done');
      const claims = (await ledger.instances({}))[0]?.claims ?? [];
      assert.deepEqual(
        claims.map(({ workflow, state }) => [workflow, state]),
        [
          ['open', 'open'],
          ['held', 'held'],
          ['retained', 'retained'],
          ['released', 'released'],
        ],
      );
    });
  });

  describe('a reclaimed file', () => {
    it('is asked for until it is marked, and is no longer known then', async (test) => {
      const ledger = await open(test);
      const sent = instance();
      const { sequence } = await ledger.record(sent, keep);
      await ledger.route([wantedBy(sequence, [])]);
      const files = await ledger.reclaimable(10);
      assert.deepEqual(await ledger.reclaimable(10), files);
      assert.deepEqual(await ledger.knownPaths(), new Set([sent.path]));
      await ledger.reclaimed(files);
      assert.deepEqual(await ledger.reclaimable(10), []);
      assert.deepEqual(await ledger.knownPaths(), new Set());
      assert.equal((await ledger.instances({}))[0]?.state, 'reclaimed');
    });

    it('is never one that is held, whoever says so', async (test) => {
      const ledger = await open(test);
      const sequence = await take(ledger, ['lung']);
      const [row] = await ledger.instances({});
      await ledger.reclaimed([{ kind: 'instance', id: sequence }]);
      assert.deepEqual(await ledger.knownPaths(), new Set([row?.path]));
    });
  });

  describe('a lost file', () => {
    it('is noted once, stays known, and goes with its last claim', async (test) => {
      const ledger = await open(test);
      const sent = instance();
      const { sequence } = await ledger.record(sent, keep);
      await ledger.route([wantedBy(sequence, ['lung'])]);
      await ledger.lost(sent.path);
      await ledger.lost(sent.path);
      await ledger.lost('2025-01-01/aa/never-was.dcm');
      assert.deepEqual(await story(ledger, sent.sopInstanceUid), ['received', 'claimed', 'lost']);
      assert.deepEqual(await ledger.knownPaths(), new Set([sent.path]), "were it back, it would not be nobody's");
      await ledger.settleGroup(await groupOf(ledger, 'lung'), null, 'done');
      await ledger.reclaimed(await ledger.reclaimable(10));
      assert.deepEqual(await ledger.knownPaths(), new Set());
    });

    it('that nothing held is reclaimed, no more', async (test) => {
      const ledger = await open(test);
      const sent = instance();
      const { sequence } = await ledger.record(sent, keep);
      await ledger.route([wantedBy(sequence, [])]);
      await ledger.lost(sent.path);
      assert.deepEqual(await ledger.reclaimable(10), []);
      assert.deepEqual(await story(ledger, sent.sopInstanceUid), ['received', 'not wanted', 'reclaimed']);
    });
  });
}
