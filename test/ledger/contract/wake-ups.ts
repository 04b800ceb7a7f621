import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ledger } from '../../../engine/ledger/index.ts';
import { close, groupOf, type OpenLedger, take } from './fixture.ts';

const reasons = async (ledger: Ledger, now = Date.now()): Promise<readonly string[]> =>
  (await ledger.dueWakeUps(now, 100)).map(({ reason }) => reason);

/** Sends all wake-ups that are due, as the dispatcher does. */
async function sendAll(ledger: Ledger): Promise<readonly string[]> {
  const sent: string[] = [];
  for (;;) {
    const due = await ledger.dueWakeUps(Date.now(), 100);
    if (due.length === 0) return sent;
    for (const { id, reason } of due) {
      sent.push(reason);
      await ledger.wakeUpSent(id);
    }
  }
}

export function wakeUpsContract(open: OpenLedger): void {
  describe('a wake-up', () => {
    it('is due until it is sent', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const [wakeUp] = await ledger.dueWakeUps(Date.now(), 10);
      assert.ok(wakeUp);
      assert.deepEqual(await ledger.dueWakeUps(Date.now(), 10), [wakeUp]);
      assert.equal((await ledger.counts()).wakeUps, 1);
      await ledger.wakeUpSent(wakeUp.id);
      await ledger.wakeUpSent(wakeUp.id);
      assert.deepEqual(await ledger.dueWakeUps(Date.now(), 10), []);
      assert.equal((await ledger.counts()).wakeUps, 0);
    });

    it('that failed holds up later ones of its group until its time, and none of another', async (test) => {
      const ledger = await open(test);
      const now = Date.now();
      await take(ledger, ['lung']);
      const lung = await groupOf(ledger, 'lung');
      await ledger.wakeGroupOn(lung, { instances: 2, associationRelease: false });
      await take(ledger, ['lung']);
      await take(ledger, ['heart']);
      assert.equal((await ledger.counts()).wakeUps, 3);

      const [first] = (await ledger.dueWakeUps(now, 10)).filter(({ group }) => group === lung);
      assert.equal(first?.reason, 'new-group');
      await ledger.wakeUpFailed(first.id, 'Temporal is away', now + 60_000);
      assert.deepEqual(
        (await ledger.dueWakeUps(now + 59_999, 10)).map(({ workflow }) => workflow),
        ['heart'],
      );
      const later = await ledger.dueWakeUps(now + 60_000, 10);
      assert.deepEqual(
        later.map(({ workflow, reason, attempts }) => [workflow, reason, attempts]),
        [
          ['lung', 'new-group', 1],
          ['heart', 'new-group', 0],
        ],
      );
      await ledger.wakeUpSent(first.id);
      assert.deepEqual(await reasons(ledger), ['instances', 'new-group']);
    });

    it('is not asked for twice while one waits', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      await ledger.wake(group, 'run-vanished');
      assert.deepEqual(await sendAll(ledger), ['new-group']);
      await ledger.wake(group, 'run-vanished');
      await ledger.wake(group, 'run-vanished');
      assert.deepEqual(await sendAll(ledger), ['run-vanished']);
    });

    it('is not made for a settled group, and goes when its group is closed: a signal would only start a run in vain', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      await close(ledger, group);
      assert.deepEqual(await reasons(ledger), []);
      await ledger.settleGroup(group, null, 'done');
      await ledger.wake(group, 'run-vanished');
      assert.deepEqual(await reasons(ledger), []);
    });
  });

  describe('a run that asks to be woken at n instances', () => {
    it('is woken once, by the one that makes them n', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      await sendAll(ledger);
      await ledger.wakeGroupOn(group, { instances: 3, associationRelease: false });
      await take(ledger, ['lung']);
      assert.deepEqual(await reasons(ledger), []);
      await take(ledger, ['lung']);
      assert.deepEqual(await sendAll(ledger), ['instances']);
      await take(ledger, ['lung']);
      assert.deepEqual(await reasons(ledger), []);
    });

    it('is woken at once where they are there already', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      await sendAll(ledger);
      await ledger.wakeGroupOn(group, { instances: 2, associationRelease: false });
      assert.deepEqual(await sendAll(ledger), ['instances']);
    });

    it('is not woken any more when it has asked otherwise', async (test) => {
      const ledger = await open(test);
      await take(ledger, ['lung']);
      const group = await groupOf(ledger, 'lung');
      await sendAll(ledger);
      await ledger.wakeGroupOn(group, { instances: 2, associationRelease: false });
      await ledger.wakeGroupOn(group, { instances: null, associationRelease: false });
      await take(ledger, ['lung']);
      assert.deepEqual(await reasons(ledger), []);
    });
  });
}
