import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { association, close, groupOf, instance, keep, type OpenLedger, take, wantedBy } from './fixture.ts';

export function groupsContract(open: OpenLedger): void {
  describe('a group', () => {
    it('is taken by a run, and again by the one that replaces it', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      assert.equal(await ledger.takeGroup(group, 'run-1'), 'taken');
      assert.equal(await ledger.takeGroup(group, 'run-1'), 'taken');
      assert.equal(await ledger.takeGroup(group, 'run-2'), 'taken');
      assert.equal((await ledger.group(group))?.runId, 'run-2');
      await assert.rejects(ledger.closeGroup(group, 'run-1', 1), { name: 'GantryError', code: 'GY417' });
      assert.equal((await ledger.group(group))?.state, 'collecting');
    });

    it("that is closed is its run's, and closed to others", async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      await close(ledger, group, 'run-1');
      assert.equal(await ledger.takeGroup(group, 'run-1'), 'taken');
      assert.equal(await ledger.takeGroup(group, 'run-2'), 'closed');
      assert.equal((await ledger.group(group))?.runId, 'run-1');
      await ledger.settleGroup(group, null, 'done');
      assert.equal(await ledger.takeGroup(group, 'run-1'), 'closed');
    });

    it('closes where the run has seen all of it, and again', async (test) => {
      const ledger = await open(test);
      const sequence = await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      await ledger.takeGroup(group, 'run-1');
      const { seen } = await ledger.observeGroup(group, 0);
      await take(ledger, ['lung']);
      assert.equal(await ledger.closeGroup(group, 'run-1', seen), false, 'one came meanwhile');
      const after = await ledger.observeGroup(group, seen);
      assert.equal(after.fresh.length, 1);
      assert.equal(await ledger.closeGroup(group, 'run-1', after.seen), true);
      assert.equal(await ledger.closeGroup(group, 'run-1', seen), true, 'it is closed by this run already');

      const claims = (await ledger.instances({})).find((row) => row.sequence === sequence)?.claims;
      assert.deepEqual(claims, [{ workflow: 'lung', workflowId: 'lung/LUNG/1.2.3', state: 'held' }]);
    });

    it('does not close over one that was recorded earlier and routed later than what the run has seen', async (test) => {
      const ledger = await open(test);
      const slow = await ledger.record(instance(), keep);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      await ledger.takeGroup(group, 'run-1');
      const { seen } = await ledger.observeGroup(group, 0);
      await ledger.route([wantedBy(slow.sequence, ['lung'])]);
      assert.equal(await ledger.closeGroup(group, 'run-1', seen), false);
      assert.deepEqual(
        (await ledger.observeGroup(group, seen)).fresh.map(({ sequence }) => sequence),
        [slow.sequence],
      );
    });

    it('is observed with its totals, what is new, and who is still sending', async (test) => {
      const ledger = await open(test);
      await ledger.associationOpened(association({ id: 'a' }));
      await ledger.associationOpened(association({ id: 'idle' }));
      await take(ledger, ['lung'], { associationId: 'a', receivedAt: 1_000, sizeBytes: 10 });
      await take(ledger, ['lung'], {
        receivedAt: 3_000,
        sizeBytes: 20,
        seriesInstanceUid: '1.2.3.5',
        modality: 'SR',
        callingAeTitle: 'WS',
      });
      await take(ledger, ['lung'], { receivedAt: 2_000, sizeBytes: 30, seriesInstanceUid: null, modality: null });
      await take(ledger, ['heart'], { receivedAt: 9_000 });
      const group = await groupOf(ledger, 'lung');
      const { now, seen, totals, fresh, openAssociations } = await ledger.observeGroup(group, 0);
      assert.deepEqual(totals, {
        instances: 3,
        series: 2,
        sizeBytes: 60,
        firstAt: 1_000,
        lastAt: 3_000,
        modalities: ['CT', 'SR'],
        callingAeTitles: ['CT1', 'WS'],
      });
      assert.ok(Math.abs(now - Date.now()) < 60_000);
      assert.equal(openAssociations, 1);
      assert.deepEqual(
        fresh.map(({ receivedAt }) => receivedAt),
        [1_000, 3_000, 2_000],
      );
      assert.deepEqual(Object.keys(fresh[0] ?? {}).sort(), [
        'associationId',
        'attributes',
        'calledAeTitle',
        'callingAeTitle',
        'modality',
        'receivedAt',
        'sequence',
        'seriesInstanceUid',
        'sizeBytes',
        'sopClassUid',
        'sopInstanceUid',
        'studyInstanceUid',
        'transferSyntaxUid',
      ]);
      assert.deepEqual((await ledger.observeGroup(group, seen)).fresh, []);
    });

    it('with more than a thousand new instances shows the newest thousand and counts all', async (test) => {
      const ledger = await open(test);
      const recorded = await Promise.all(Array.from({ length: 1_010 }, () => ledger.record(instance(), keep)));
      await ledger.route(recorded.map(({ sequence }) => wantedBy(sequence, ['lung'])));
      const { totals, fresh } = await ledger.observeGroup(await groupOf(ledger, 'lung'), 0);
      assert.equal(totals.instances, 1_010);
      assert.deepEqual(
        fresh.map(({ sequence }) => sequence),
        recorded.slice(10).map(({ sequence }) => sequence),
      );
    });

    it('that never was is an error, or null where only asked for', async (test) => {
      const ledger = await open(test);
      assert.equal(await ledger.group(7), null);
      for (const asked of [
        ledger.takeGroup(7, 'run-1'),
        ledger.observeGroup(7, 0),
        ledger.closeGroup(7, 'run-1', 0),
        ledger.settleGroup(7, null, 'x'),
        ledger.wake(7, 'run-vanished'),
        ledger.wakeGroupOn(7, { instances: 1, associationRelease: false }),
        ledger.groupSet(7),
        ledger.files('group:7'),
        ledger.files('artifacts:7'),
        ledger.files('somewhere'),
        ledger.addArtifacts(7, []),
      ])
        await assert.rejects(asked, { name: 'GantryError', code: 'GY416' });
    });
  });
}
