import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AssociationEnd, Ledger } from '../../../engine/ledger/index.ts';
import { groupOf, instance, keep, type OpenLedger, take, wantedBy } from './fixture.ts';

const ended: AssociationEnd = { closedAt: 2, how: 'released', stored: 1, failed: 0, sizeBytes: 1_000 };

const opened = (ledger: Ledger, id: string): Promise<void> =>
  ledger.associationOpened({ id, callingAeTitle: 'CT1', calledAeTitle: 'LUNG', peer: '127.0.0.1', openedAt: 1 });

async function sent(ledger: Ledger): Promise<readonly string[]> {
  const due = await ledger.dueWakeUps(Date.now(), 100);
  for (const { id } of due) await ledger.wakeUpSent(id);
  return due.map(({ reason }) => reason);
}

/** A group that association `a` has brought an instance and whose run waits for a release. */
async function waitingGroup(ledger: Ledger): Promise<number> {
  await opened(ledger, 'a');
  await take(ledger, ['lung'], { associationId: 'a' });
  await sent(ledger);
  const group = await groupOf(ledger, 'lung');
  await ledger.observeGroup(group, 0);
  await ledger.wakeGroupOn(group, { instances: null, associationRelease: true });
  return group;
}

export function associationsContract(open: OpenLedger): void {
  describe('the end of an association', () => {
    it('wakes the runs that wait for it, once, and no others', async (test) => {
      const ledger = await open(test);
      await waitingGroup(ledger);
      await opened(ledger, 'b');
      await take(ledger, ['heart'], { associationId: 'b' });
      await sent(ledger);
      await ledger.associationClosed('b', ended);
      assert.deepEqual(await sent(ledger), [], 'heart has not asked, lung got nothing from b');
      await ledger.associationClosed('a', ended);
      await ledger.associationClosed('a', ended);
      assert.deepEqual(await sent(ledger), ['association-release']);
    });

    it('that came between observing and asking wakes at once', async (test) => {
      const ledger = await open(test);
      const group = await waitingGroup(ledger);
      await ledger.wakeGroupOn(group, { instances: null, associationRelease: false });
      assert.equal((await ledger.observeGroup(group, 0)).openAssociations, 1);
      await ledger.associationClosed('a', ended);
      await ledger.wakeGroupOn(group, { instances: null, associationRelease: true });
      assert.deepEqual(await sent(ledger), ['association-release']);
    });

    it('that the run has seen does not wake it again', async (test) => {
      const ledger = await open(test);
      const group = await waitingGroup(ledger);
      await ledger.associationClosed('a', ended);
      await sent(ledger);
      assert.equal((await ledger.observeGroup(group, 0)).openAssociations, 0);
      await ledger.wakeGroupOn(group, { instances: null, associationRelease: true });
      assert.deepEqual(await sent(ledger), []);
    });

    it('wakes only when all that it brought is routed', async (test) => {
      const ledger = await open(test);
      await waitingGroup(ledger);
      const second = await ledger.record(instance({ associationId: 'a' }), keep);
      const third = await ledger.record(instance({ associationId: 'a' }), keep);
      await ledger.associationClosed('a', ended);
      await ledger.route([wantedBy(second.sequence, ['lung'])]);
      assert.deepEqual(await sent(ledger), []);
      assert.deepEqual(await ledger.route([wantedBy(third.sequence, ['lung'])]), { wakeUps: 1 });
      assert.deepEqual(await sent(ledger), ['association-release']);
    });
  });
}
