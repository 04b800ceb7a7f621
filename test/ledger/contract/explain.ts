import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  again,
  association,
  close,
  ended,
  groupOf,
  instance,
  keep,
  type OpenLedger,
  otherBytes,
  overwrite,
  recordComparing,
  sameBytes,
  story,
  take,
  unwanted,
  wantedBy,
} from './fixture.ts';

/** Stories are told by the millisecond. */
async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  while (Date.now() === now) await new Promise(setImmediate);
}

export function explainContract(open: OpenLedger): void {
  describe('the story', () => {
    it('of an instance is told from its arrival to the end of its file', async (test) => {
      const ledger = await open(test);
      await ledger.associationOpened(association({ id: 'a', peer: '10.1.2.3' }));
      const sent = instance({ associationId: 'a', sizeBytes: 526_336 });
      const { sequence } = await ledger.record(sent, keep);
      await recordComparing(ledger, again(sent), keep, sameBytes);
      await nextMillisecond();
      await ledger.route([wantedBy(sequence, ['lung'])]);
      const group = await groupOf(ledger, 'lung');
      await close(ledger, group, 'run-1');
      await ledger.settleGroup(group, Date.UTC(2030, 0, 1), 'step "to-pacs" failed');
      await ledger.expireRetained(Date.UTC(2030, 0, 1));
      await ledger.reclaimed(await ledger.reclaimable(10));

      const told = await ledger.explain(sent.sopInstanceUid);
      assert.deepEqual(
        told.map(({ what, why }) => [what, why]),
        [
          ['received', 'from CT1 (10.1.2.3) for LUNG, 526336 bytes, association a (still open)'],
          ['duplicate', 'the same bytes came again over association a; one file is kept'],
          ['claimed', 'by lung for run lung/LUNG/1.2.3'],
          ['collected', 'lung: by run run-1'],
          ['closed', 'lung: the batch is complete: 1 instance'],
          ['retained', 'lung: until 2030-01-01T00:00:00.000Z: step "to-pacs" failed'],
          ['released', 'lung: its retention is over'],
          ['reclaimed', 'nothing held it any more; its file is deleted'],
        ],
      );
      assert.deepEqual(
        told.map(({ at }) => at),
        told.map(({ at }) => at).sort((a, b) => a - b),
      );
      assert.equal(told[0]?.at, sent.receivedAt);
    });

    it('names the association that brought an instance, and how it ended, while it is remembered', async (test) => {
      const ledger = await open(test);
      await ledger.associationOpened(association({ peer: '10.1.2.3' }));
      await ledger.record(instance({ sopInstanceUid: '1.5' }), keep);
      const told = async (): Promise<string | undefined> => (await ledger.explain('1.5'))[0]?.why;
      await ledger.associationClosed('association-1', ended({ how: 'lost', why: 'read ECONNRESET' }));
      assert.equal(await told(), 'from CT1 (10.1.2.3) for LUNG, 1000 bytes, association association-1 (lost: read ECONNRESET)');
      await ledger.forgetAssociations(1_000, 10);
      assert.equal(await told(), 'from CT1 for LUNG, 1000 bytes, association association-1');
    });

    it('of one that was replaced and of the one that took its place are both told', async (test) => {
      const ledger = await open(test);
      const sent = instance();
      await ledger.route([wantedBy((await ledger.record(sent, keep)).sequence, ['lung'])]);
      await recordComparing(ledger, again(sent, { associationId: 'b' }), overwrite, otherBytes);
      const told = await story(ledger, sent.sopInstanceUid);
      assert.deepEqual([...told].sort(), ['claimed', 'claimed', 'received', 'received', 'replaced', 'replaces']);
    });

    it('of one that was refused is told though it has no row', async (test) => {
      const ledger = await open(test);
      await ledger.event({ uid: '1.2.3.99' }, 'refused', 'A700: free space is below the reserve');
      const told = await ledger.explain('1.2.3.99');
      assert.deepEqual(
        told.map(({ what, why }) => [what, why]),
        [['refused', 'A700: free space is below the reserve']],
      );
    });

    it('holds what others note of an instance or a group', async (test) => {
      const ledger = await open(test);
      const sequence = await take(ledger, ['lung'], { sopInstanceUid: '1.7' });
      await ledger.event({ sequence }, 'odd', 'a warning of the reader');
      await ledger.event({ group: await groupOf(ledger, 'lung') }, 'parked', 'the destination is away');
      assert.deepEqual(await story(ledger, '1.7'), ['received', 'claimed', 'odd', 'parked']);
    });

    it('of a study or series counts what its instances share', async (test) => {
      const ledger = await open(test);
      const recorded = await Promise.all(Array.from({ length: 50 }, () => ledger.record(instance(), keep)));
      await ledger.record(instance({ studyInstanceUid: '9.9', seriesInstanceUid: '9.9.9' }), keep);
      await ledger.route(recorded.map(({ sequence }, index) => (index < 40 ? wantedBy(sequence, ['lung']) : unwanted(sequence))));
      await close(ledger, await groupOf(ledger, 'lung'));
      for (const uid of ['1.2.3', '1.2.3.4']) {
        const told = await ledger.explain(uid);
        assert.deepEqual(
          told.map(({ what, why }) => [what, why]),
          [
            ['received', '50 instances: from CT1 for LUNG, 50000 bytes, association association-1'],
            ['claimed', '40 instances: by lung for run lung/LUNG/1.2.3'],
            ['not wanted', '10 instances: no workflow for LUNG matches'],
            ['collected', 'lung: by run run-1'],
            ['closed', 'lung: the batch is complete: 40 instances'],
          ],
        );
      }
    });

    it('tells why some workflows did not want what others did', async (test) => {
      const ledger = await open(test);
      const sent = instance();
      const { sequence } = await ledger.record(sent, keep);
      await ledger.route([{ ...wantedBy(sequence, ['lung']), why: 'heart: its rule says no' }]);
      const told = (await ledger.explain(sent.sopInstanceUid)).slice(1).map(({ what, why }) => [what, why]);
      assert.deepEqual(told.sort(), [
        ['claimed', 'by lung for run lung/LUNG/1.2.3'],
        ['routed', 'heart: its rule says no'],
      ]);
    });

    it('of nothing is empty', async (test) => {
      const ledger = await open(test);
      assert.deepEqual(await ledger.explain('1.2.3'), []);
    });
  });
}
