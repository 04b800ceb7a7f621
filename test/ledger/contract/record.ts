import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  again,
  close,
  groupOf,
  instance,
  keep,
  type OpenLedger,
  otherBytes,
  overwrite,
  reclaimableInstances,
  recordComparing,
  sameBytes,
  story,
  take,
  wantedBy,
} from './fixture.ts';

export function recordContract(open: OpenLedger): void {
  describe('recording', () => {
    it('numbers instances in the order of recording and keeps what is known of them', async (test) => {
      const ledger = await open(test);
      const first = instance({ studyInstanceUid: null, seriesInstanceUid: null, modality: null });
      const second = instance();
      const a = await ledger.record(first, keep);
      const b = await ledger.record(second, keep);
      assert.deepEqual([a.outcome, b.outcome], ['recorded', 'recorded']);
      assert.ok(b.sequence > a.sequence);
      assert.deepEqual(await ledger.instances({}), [
        { ...first, sequence: a.sequence, state: 'held', claims: [] },
        { ...second, sequence: b.sequence, state: 'held', claims: [] },
      ]);
    });

    it('of the same bytes while the first is not routed keeps one, with an event', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const { sequence } = await ledger.record(first, keep);
      assert.deepEqual(await recordComparing(ledger, again(first), keep, sameBytes), { outcome: 'duplicate', sequence });
      assert.equal((await ledger.instances({})).length, 1);
      assert.deepEqual(await story(ledger, first.sopInstanceUid), ['received', 'duplicate']);
    });

    it('of the same bytes while a run collects or works on the first keeps one', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const { sequence } = await ledger.record(first, keep);
      await ledger.route([wantedBy(sequence, ['lung'])]);
      assert.equal((await recordComparing(ledger, again(first), overwrite, sameBytes)).outcome, 'duplicate');
      await close(ledger, await groupOf(ledger, 'lung'));
      assert.equal((await recordComparing(ledger, again(first), keep, sameBytes)).outcome, 'duplicate');
    });

    it('asks to compare with what is held, and again where that is another one by then', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const { sequence } = await ledger.record(first, keep);
      const ask = { outcome: 'compare', sequence, path: first.path };
      assert.deepEqual(await ledger.record(again(first), keep), ask);
      const stale = { sequence: sequence + 1_000, earlier: 'a', newer: 'a' };
      assert.deepEqual(await ledger.record(again(first), { ...keep, comparison: stale }), ask, 'it was compared with something else');
      assert.equal((await ledger.instances({})).length, 1, 'nothing is recorded before it is known');
    });

    it('ten times at once makes one row', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => recordComparing(ledger, again(first), keep, sameBytes)));
      assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), [...Array<string>(9).fill('duplicate'), 'recorded']);
      assert.equal((await ledger.instances({})).length, 1);
    });

    it('of the same instance for another AE title is another instance', async (test) => {
      const ledger = await open(test);
      const first = instance();
      await ledger.record(first, keep);
      assert.equal((await ledger.record(again(first, { calledAeTitle: 'HEART' }), keep)).outcome, 'recorded');
      assert.equal((await ledger.instances({})).length, 2);
    });

    it('of an instance whose run has ended is new work, released or retained', async (test) => {
      const ledger = await open(test);
      for (const retainUntil of [null, Date.now() + 1e9]) {
        const first = instance({ sopInstanceUid: `1.9.${retainUntil ?? 0}` });
        const { sequence } = await ledger.record(first, keep);
        await ledger.route([wantedBy(sequence, ['lung'])]);
        const group = await groupOf(ledger, 'lung');
        await ledger.settleGroup(group, retainUntil, 'done');
        assert.equal((await ledger.record(again(first), keep)).outcome, 'recorded');
      }
    });

    it('of an instance that nothing wanted is judged anew', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const { sequence } = await ledger.record(first, keep);
      await ledger.route([wantedBy(sequence, [])]);
      assert.equal((await ledger.record(again(first), keep)).outcome, 'recorded');
    });

    it('told again under the same id is the same row, not its own duplicate', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const answer = await ledger.record(first, keep);
      assert.deepEqual(await ledger.record(first, keep), answer);
      assert.deepEqual(await story(ledger, first.sopInstanceUid), ['received']);
    });
  });

  describe('other bytes under the same UID', () => {
    it('are dropped where the AE title keeps the first, with an event', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const { sequence } = await ledger.record(first, keep);
      assert.deepEqual(await recordComparing(ledger, again(first), keep, otherBytes), { outcome: 'kept-first', sequence });
      assert.deepEqual(await story(ledger, first.sopInstanceUid), ['received', 'kept first']);
      assert.deepEqual(
        (await ledger.instances({})).map(({ path }) => path),
        [first.path],
      );
      assert.match((await ledger.explain(first.sopInstanceUid)).at(-1)?.why ?? '', /sha256 b instead of a/, 'both digests are told');
    });

    it('replace one that is not routed yet, whose file may go', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const old = await ledger.record(first, keep);
      const { outcome, sequence } = await recordComparing(ledger, again(first), overwrite, otherBytes);
      assert.equal(outcome, 'replaced');
      assert.deepEqual(
        (await ledger.unrouted(10)).map((row) => row.sequence),
        [sequence],
      );
      assert.deepEqual(await reclaimableInstances(ledger), [old.sequence]);

      await ledger.route([wantedBy(old.sequence, ['lung'])]);
      assert.deepEqual(await ledger.openGroups(), [], 'a decision on the old one comes too late');
    });

    it('take the place of one that a run collects, once, and make the run look again', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const old = await ledger.record(first, keep);
      await ledger.route([wantedBy(old.sequence, ['lung'])]);
      const group = await groupOf(ledger, 'lung');
      await ledger.takeGroup(group, 'run-1');
      const { seen } = await ledger.observeGroup(group, 0);

      const newer = again(first, { sizeBytes: 5 });
      const { outcome, sequence } = await recordComparing(ledger, newer, overwrite, otherBytes);
      assert.equal(outcome, 'replaced');
      assert.deepEqual(await reclaimableInstances(ledger), [old.sequence]);
      assert.equal(await ledger.closeGroup(group, 'run-1', seen), false);

      await ledger.route([wantedBy(sequence, ['lung'])]);
      const { totals, fresh } = await ledger.observeGroup(group, seen);
      assert.equal(totals.instances, 1);
      assert.equal(totals.sizeBytes, 5);
      assert.deepEqual(
        fresh.map((facts) => facts.sequence),
        [sequence],
      );
      assert.equal((await ledger.openGroups()).length, 1);
      assert.deepEqual(
        (await ledger.files(`group:${group}`)).map(({ path }) => path),
        [newer.path],
      );
    });

    it('leave a run that has closed its batch the file it has, and are new work', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const old = await ledger.record(first, keep);
      await ledger.route([wantedBy(old.sequence, ['lung'])]);
      const closed = await groupOf(ledger, 'lung');
      await close(ledger, closed);

      const { outcome, sequence } = await recordComparing(ledger, again(first), overwrite, otherBytes);
      assert.equal(outcome, 'recorded');
      assert.deepEqual(await reclaimableInstances(ledger), []);
      assert.deepEqual(
        (await ledger.files(`group:${closed}`)).map(({ path }) => path),
        [first.path],
      );
      await ledger.route([wantedBy(sequence, ['lung'])]);
      assert.notEqual(await groupOf(ledger, 'lung'), closed);
    });

    it('take one place and leave the other where one of two runs has closed', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const old = await ledger.record(first, keep);
      await ledger.route([wantedBy(old.sequence, ['lung', 'heart'])]);
      const lung = await groupOf(ledger, 'lung');
      const heart = await groupOf(ledger, 'heart');
      await close(ledger, lung);

      const { outcome, sequence } = await recordComparing(ledger, again(first), overwrite, otherBytes);
      assert.equal(outcome, 'replaced');
      assert.deepEqual(await reclaimableInstances(ledger), [], 'the closed run still has the old file');
      await ledger.route([wantedBy(sequence, ['lung', 'heart'])]);
      assert.notEqual(await groupOf(ledger, 'lung'), lung);
      assert.equal(await groupOf(ledger, 'heart'), heart);
      assert.equal((await ledger.observeGroup(heart, 0)).totals.instances, 1);

      await ledger.settleGroup(lung, null, 'done');
      assert.deepEqual(await reclaimableInstances(ledger), [old.sequence]);
    });

    it('are not needed to replace an instance whose file was lost', async (test) => {
      const ledger = await open(test);
      const first = instance();
      const { sequence } = await ledger.record(first, keep);
      await ledger.route([wantedBy(sequence, ['lung'])]);
      await ledger.lost(first.path);
      const second = again(first);
      assert.equal((await ledger.record(second, keep)).outcome, 'replaced');
      assert.deepEqual(
        (await ledger.files(`group:${await groupOf(ledger, 'lung')}`)).map(({ path }) => path),
        [second.path],
      );
    });
  });

  it('keeps what others recorded when one record fails', async (test) => {
    const ledger = await open(test);
    const broken = instance({ sizeBytes: Number.NaN });
    const results = await Promise.allSettled([ledger.record(instance(), keep), ledger.record(broken, keep), take(ledger, ['lung'])]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal((await ledger.instances({})).length, 2);
  });
}
