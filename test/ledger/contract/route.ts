import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  close,
  groupOf,
  instance,
  keep,
  type OpenLedger,
  reclaimableInstances,
  story,
  take,
  undecided,
  unwanted,
  wantedBy,
} from './fixture.ts';

export function routeContract(open: OpenLedger): void {
  describe('routing', () => {
    it('finds what is not routed, oldest first, also after it was asked before', async (test) => {
      const ledger = await open(test);
      const sequences: number[] = [];
      for (let n = 0; n < 5; n++) sequences.push((await ledger.record(instance(), keep)).sequence);
      assert.deepEqual(
        (await ledger.unrouted(3)).map(({ sequence }) => sequence),
        sequences.slice(0, 3),
      );
      await ledger.route(sequences.slice(0, 2).map((sequence) => wantedBy(sequence, ['lung'])));
      assert.deepEqual(
        (await ledger.unrouted(10)).map(({ sequence }) => sequence),
        sequences.slice(2),
      );
    });

    it('opens a group with a wake-up for the first instance, and only that', async (test) => {
      const ledger = await open(test);
      const a = await ledger.record(instance(), keep);
      const b = await ledger.record(instance(), keep);
      const c = await ledger.record(instance(), keep);
      assert.deepEqual(await ledger.route([wantedBy(a.sequence, ['lung']), wantedBy(b.sequence, ['lung'])]), { wakeUps: 1 });
      assert.deepEqual(await ledger.route([wantedBy(c.sequence, ['lung'])]), { wakeUps: 0 });

      const [group, ...others] = await ledger.openGroups();
      assert.deepEqual(others, []);
      assert.ok(group);
      const { id, openedAt, ...rest } = group;
      assert.deepEqual(rest, {
        workflow: 'lung',
        workflowId: 'lung/LUNG/1.2.3',
        calledAeTitle: 'LUNG',
        key: '1.2.3',
        state: 'collecting',
        runId: null,
        definition: 'hash-of-lung',
      });
      assert.ok(Math.abs(openedAt - Date.now()) < 60_000);
      assert.deepEqual(await ledger.group(id), group);
      const wakeUps = await ledger.dueWakeUps(Date.now(), 10);
      assert.deepEqual(
        wakeUps.map(({ group, reason, workflowId, definition, attempts }) => ({ group, reason, workflowId, definition, attempts })),
        [{ group: id, reason: 'new-group', workflowId: 'lung/LUNG/1.2.3', definition: 'hash-of-lung', attempts: 0 }],
      );
    });

    it('keeps groups apart by workflow, called AE title and key', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung', 'heart']);
      await take(ledger, ['lung'], {}, 'another-key');
      await take(ledger, ['lung'], { calledAeTitle: 'OTHER' });
      assert.equal((await ledger.openGroups()).length, 4);
      assert.equal((await ledger.dueWakeUps(Date.now(), 10)).length, 4);
    });

    it('of the same instance a second time does nothing', async (test) => {
      const ledger = await open(test);
      const sequence = await take(ledger, ['lung']);
      assert.deepEqual(await ledger.route([wantedBy(sequence, ['lung']), wantedBy(sequence, ['heart']), unwanted(sequence)]), {
        wakeUps: 0,
      });
      assert.equal((await ledger.openGroups()).length, 1);
      assert.equal((await ledger.observeGroup(await groupOf(ledger, 'lung'), 0)).totals.instances, 1);
      assert.deepEqual(await reclaimableInstances(ledger), []);
    });

    it('of a late instance opens a new group beside the closed one', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const first = await groupOf(ledger, 'lung');
      await close(ledger, first);
      await take(ledger, ['lung']);
      const groups = await ledger.openGroups();
      assert.deepEqual(
        groups.map(({ state }) => state),
        ['closed', 'collecting'],
      );
      for (const { id } of groups) assert.equal((await ledger.observeGroup(id, 0)).totals.instances, 1);
      assert.deepEqual(
        (await ledger.dueWakeUps(Date.now(), 10)).map(({ group, reason }) => [group, reason]),
        [[groups[1]?.id, 'new-group']],
      );
    });

    it('of what nobody wants makes its file reclaimable at once, with the reason', async (test) => {
      const ledger = await open(test);
      const sent = instance();
      const { sequence } = await ledger.record(sent, keep);
      assert.deepEqual(await ledger.route([unwanted(sequence)]), { wakeUps: 0 });
      assert.deepEqual(await ledger.reclaimable(10), [{ kind: 'instance', id: sequence, path: sent.path }]);
      assert.deepEqual(await story(ledger, sent.sopInstanceUid), ['received', 'not wanted']);
      assert.equal((await ledger.explain(sent.sopInstanceUid))[1]?.why, 'no workflow for LUNG matches');
      assert.equal((await ledger.instances({}))[0]?.state, 'retained', 'until its file is deleted');
    });

    it('of what no rule could decide on retains it for a week, with the reason', async (test) => {
      const ledger = await open(test);
      const sent = instance();
      const { sequence } = await ledger.record(sent, keep);
      await ledger.route([undecided(sequence)]);
      assert.equal((await ledger.instances({}))[0]?.state, 'retained');
      assert.deepEqual(await story(ledger, sent.sopInstanceUid), ['received', 'undecided']);
      assert.match(
        (await ledger.explain(sent.sopInstanceUid))[1]?.why ?? '',
        /^retained until .*Z: lung: its rule could not be evaluated$/,
      );

      const week = 7 * 86_400_000;
      assert.equal(await ledger.expireRetained(Date.now() + week - 60_000), 0);
      assert.deepEqual(await reclaimableInstances(ledger), []);
      assert.equal(await ledger.expireRetained(Date.now() + week), 1);
      assert.deepEqual(await reclaimableInstances(ledger), [sequence]);
      assert.deepEqual(await story(ledger, sent.sopInstanceUid), ['received', 'undecided', 'released']);
    });

    it('passes over an instance that the ledger does not have', async (test) => {
      const ledger = await open(test);
      assert.deepEqual(await ledger.route([wantedBy(77, ['lung'])]), { wakeUps: 0 });
      assert.deepEqual(await ledger.openGroups(), []);
    });
  });
}
