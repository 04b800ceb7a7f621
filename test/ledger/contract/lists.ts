import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InstanceFilter } from '../../../engine/ledger/index.ts';
import { groupOf, instance, keep, type OpenLedger, take, unwanted } from './fixture.ts';

export function listsContract(open: OpenLedger): void {
  describe('a list of instances', () => {
    it('shows all, or what a filter asks for, oldest first, a limit the newest', async (test) => {
      const ledger = await open(test);
      const a = await take(ledger, ['lung'], {}, 'key-a');
      const b = await take(ledger, ['lung'], { studyInstanceUid: '9.9' }, 'key-b');
      const c = await take(ledger, ['heart'], { calledAeTitle: 'HEART' });
      const d = (await ledger.record(instance(), keep)).sequence;
      const e = (await ledger.record(instance(), keep)).sequence;
      await ledger.route([unwanted(e)]);
      await ledger.settleGroup(await groupOf(ledger, 'heart'), Date.now() + 1e6, 'failed');

      const list = async (filter: InstanceFilter): Promise<readonly number[]> =>
        (await ledger.instances(filter)).map(({ sequence }) => sequence);
      assert.deepEqual(await list({}), [a, b, c, d, e]);
      assert.deepEqual(await list({ limit: 2 }), [d, e]);
      assert.deepEqual(await list({ state: 'held' }), [a, b, d]);
      assert.deepEqual(await list({ state: 'retained' }), [c, e], 'what is due for deletion is still there');
      assert.deepEqual(await list({ state: 'reclaimed' }), []);
      await ledger.reclaimed(await ledger.reclaimable(10));
      assert.deepEqual(await list({ state: 'reclaimed' }), [e]);
      assert.deepEqual(await list({ studyInstanceUid: '9.9' }), [b]);
      assert.deepEqual(await list({ calledAeTitle: 'HEART' }), [c]);
      assert.deepEqual(await list({ workflowId: 'lung/LUNG/key-a' }), [a]);
      assert.deepEqual(await list({ workflowId: 'lung/LUNG/key-a', state: 'retained' }), []);
    });
  });

  describe('counts', () => {
    it('say how much is held, retained, unrouted, collecting and to be sent', async (test) => {
      const ledger = await open(test);
      assert.deepEqual(await ledger.counts(), { held: 0, retained: 0, unrouted: 0, wakeUps: 0, collecting: 0 });
      await take(ledger, ['lung', 'heart']);
      await take(ledger, ['liver']);
      await ledger.record(instance(), keep);
      await ledger.route([unwanted((await ledger.record(instance(), keep)).sequence)]);
      await ledger.settleGroup(await groupOf(ledger, 'liver'), Date.now() + 1e6, 'failed');
      assert.deepEqual(await ledger.counts(), { held: 2, retained: 1, unrouted: 1, wakeUps: 2, collecting: 2 });
    });
  });
}
