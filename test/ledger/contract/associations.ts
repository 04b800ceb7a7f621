import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AssociationFilter, AssociationRejections, AssociationRow, Ledger } from '../../../engine/ledger/index.ts';
import { association, ended, groupOf, instance, keep, type OpenLedger, take, wantedBy } from './fixture.ts';

const opened = (ledger: Ledger, id: string): Promise<void> => ledger.associationOpened(association({ id }));

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

const hour = 3_600_000;

const rejected = (given: Partial<AssociationRejections> = {}): AssociationRejections => ({
  at: 10 * hour,
  callingAeTitle: 'CT2',
  calledAeTitle: 'LUNG',
  peer: '10.1.2.4',
  code: '1/1/3',
  why: 'no source has this AE title and host',
  times: 1,
  ...given,
});

export function associationsContract(open: OpenLedger): void {
  describe('the end of an association', () => {
    it('wakes the runs that wait for it, once, and no others', async (test) => {
      const ledger = await open(test);
      await waitingGroup(ledger);
      await opened(ledger, 'b');
      await take(ledger, ['heart'], { associationId: 'b' });
      await sent(ledger);
      await ledger.associationClosed('b', ended());
      assert.deepEqual(await sent(ledger), [], 'heart has not asked, lung got nothing from b');
      await ledger.associationClosed('a', ended());
      await ledger.associationClosed('a', ended());
      assert.deepEqual(await sent(ledger), ['association-release']);
    });

    it('that came between observing and asking wakes at once', async (test) => {
      const ledger = await open(test);
      const group = await waitingGroup(ledger);
      await ledger.wakeGroupOn(group, { instances: null, associationRelease: false });
      assert.equal((await ledger.observeGroup(group, 0)).openAssociations, 1);
      await ledger.associationClosed('a', ended());
      await ledger.wakeGroupOn(group, { instances: null, associationRelease: true });
      assert.deepEqual(await sent(ledger), ['association-release']);
    });

    it('that the run has seen does not wake it again', async (test) => {
      const ledger = await open(test);
      const group = await waitingGroup(ledger);
      await ledger.associationClosed('a', ended());
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
      await ledger.associationClosed('a', ended());
      await ledger.route([wantedBy(second.sequence, ['lung'])]);
      assert.deepEqual(await sent(ledger), []);
      assert.deepEqual(await ledger.route([wantedBy(third.sequence, ['lung'])]), { wakeUps: 1 });
      assert.deepEqual(await sent(ledger), ['association-release']);
    });
  });

  describe('a list of associations', () => {
    it('tells with whom, when, what was negotiated, what was answered, and how it ended', async (test) => {
      const ledger = await open(test);
      const refusedContexts = [{ abstractSyntaxUid: '1.2.840.10008.5.1.4.1.1.104.1', result: 3 }];
      const tls = { subject: 'ct1.example' };
      await ledger.associationOpened(association({ openedAt: 1_000, acceptedContexts: 7, refusedContexts, tls }));
      const summary = { how: 'aborted', why: 'by the peer: source 0, reason 0', stored: 12, failed: 4, sizeBytes: 6_000 } as const;
      const statuses = new Map([
        [0x0000, 12],
        [0xa700, 3],
        [0x0110, 1],
      ]);
      await ledger.associationClosed('association-1', ended({ ...summary, statuses, closedAt: 4_000 }));
      assert.deepEqual(await ledger.associations({}), [
        {
          id: 'association-1',
          callingAeTitle: 'CT1',
          calledAeTitle: 'LUNG',
          peer: '127.0.0.1',
          openedAt: 1_000,
          closedAt: 4_000,
          times: 1,
          ...summary,
          statuses: { '0000': 12, A700: 3, '0110': 1 },
          acceptedContexts: 7,
          refusedContexts,
          implementation: { classUid: '1.2.276.0.7230010.3.0.3.6.8', versionName: 'OFFIS_DCMTK_368' },
          tls,
        },
      ] satisfies readonly AssociationRow[]);
    });

    it('tells the end that was recorded first', async (test) => {
      const ledger = await open(test);
      await opened(ledger, 'a');
      await ledger.associationClosed('a', ended({ how: 'lost' }));
      await ledger.associationClosed('a', ended({ how: 'released', stored: 9 }));
      const [row] = await ledger.associations({});
      assert.deepEqual([row?.how, row?.stored], ['lost', 1]);
    });

    it('tells what an open one has brought so far', async (test) => {
      const ledger = await open(test);
      await opened(ledger, 'a');
      for (let n = 0; n < 3; n++) await ledger.record(instance({ associationId: 'a', sizeBytes: 500 }), keep);
      const [row] = await ledger.associations({});
      assert.deepEqual(
        [row?.how, row?.closedAt, row?.stored, row?.failed, row?.sizeBytes, row?.statuses, row?.why],
        ['open', null, 3, 0, 1_500, {}, null],
      );
    });

    it('keeps at most 128 refused contexts, and no more of a UID than a UID can have', async (test) => {
      const ledger = await open(test);
      const refusedContexts = Array.from({ length: 200 }, () => ({ abstractSyntaxUid: '1'.repeat(60_000), result: 3 }));
      const implementation = { classUid: '2'.repeat(60_000), versionName: 'V'.repeat(60_000) };
      await ledger.associationOpened(association({ refusedContexts, implementation }));
      const [row] = await ledger.associations({});
      assert.equal(row?.refusedContexts.length, 128);
      assert.deepEqual(row?.refusedContexts[0], { abstractSyntaxUid: '1'.repeat(64), result: 3 });
      assert.deepEqual(row?.implementation, { classUid: '2'.repeat(64), versionName: 'V'.repeat(64) });
    });

    it('shows all, or what a filter asks for, newest first, a limit the newest', async (test) => {
      const ledger = await open(test);
      const titles = { callingAeTitle: 'MR1', calledAeTitle: 'HEART', peer: '10.1.2.5' };
      await ledger.associationOpened(association({ id: 'long', openedAt: 1 * hour }));
      await ledger.associationOpened(association({ id: 'first', openedAt: 2 * hour, ...titles }));
      await ledger.associationClosed('first', ended({ closedAt: 3 * hour }));
      await ledger.associationOpened(association({ id: 'second', openedAt: 11 * hour }));
      await ledger.associationClosed('second', ended({ closedAt: 12 * hour, how: 'timeout' }));
      await ledger.associationsRejected([rejected()]);

      const list = async (filter: AssociationFilter): Promise<readonly string[]> =>
        (await ledger.associations(filter)).map(({ id, callingAeTitle }) => id || callingAeTitle);
      assert.deepEqual(await list({}), ['second', 'CT2', 'first', 'long']);
      assert.deepEqual(await list({ limit: 2 }), ['second', 'CT2']);
      assert.deepEqual(await list({ how: 'open' }), ['long']);
      assert.deepEqual(await list({ how: 'timeout' }), ['second']);
      assert.deepEqual(await list({ how: 'rejected' }), ['CT2']);
      assert.deepEqual(await list({ callingAeTitle: 'MR1' }), ['first']);
      assert.deepEqual(await list({ callingAeTitle: 'CT2' }), ['CT2']);
      assert.deepEqual(await list({ calledAeTitle: 'HEART' }), ['first']);
      assert.deepEqual(await list({ calledAeTitle: 'LUNG', how: 'released' }), []);
      assert.deepEqual(await list({ peer: '10.1.2.4' }), ['CT2']);
      assert.deepEqual(await list({ since: 11 * hour }), ['second', 'long'], 'what is open or ended since');
      assert.deepEqual(await list({ since: 9 * hour }), ['second', 'CT2', 'long']);
    });
  });

  describe('rejected associations', () => {
    it('that are alike are counted by the hour, with the code and the newest reason', async (test) => {
      const ledger = await open(test);
      await ledger.associationsRejected([rejected({ at: 10 * hour + 5 }), rejected({ at: 10 * hour + 9, times: 3, why: 'newer' })]);
      await ledger.associationsRejected([
        rejected({ at: 10 * hour + 7, why: 'newest' }),
        rejected({ at: 11 * hour }),
        rejected({ code: '2/3/2' }),
      ]);
      const rows = await ledger.associations({ callingAeTitle: 'CT2' });
      assert.deepEqual(
        rows.map(({ openedAt, closedAt, times, how, why }) => [openedAt / hour, Number(closedAt) - openedAt, times, how, why]),
        [
          [11, 0, 1, 'rejected', '1/1/3 no source has this AE title and host'],
          [10 + 5 / hour, 4, 5, 'rejected', '1/1/3 newest'],
          [10, 0, 1, 'rejected', '2/3/2 no source has this AE title and host'],
        ],
      );
      assert.equal(rows[0]?.id, '');
      assert.deepEqual([rows[0]?.calledAeTitle, rows[0]?.peer], ['LUNG', '10.1.2.4']);
    });

    it('from ever other names take a bounded place, and none goes uncounted', async (test) => {
      const ledger = await open(test);
      const flood = Array.from({ length: 1_000 }, (_, n) => rejected({ callingAeTitle: `NOBODY${n}` }));
      await ledger.associationsRejected(flood.slice(0, 500));
      await ledger.associationsRejected(flood.slice(500));
      await ledger.associationsRejected([rejected({ callingAeTitle: 'NOBODY7' })]);
      const rows = await ledger.associations({ how: 'rejected' });
      assert.equal(rows.length, 257);
      assert.equal(
        rows.reduce((sum, { times }) => sum + times, 0),
        1_001,
      );
      assert.equal(rows.find(({ callingAeTitle }) => callingAeTitle === 'NOBODY7')?.times, 2, 'who is known is still told apart');
      const others = rows.find(({ callingAeTitle }) => callingAeTitle === '');
      assert.deepEqual([others?.calledAeTitle, others?.peer, others?.times], ['', '', 1_000 - 256]);
    });
  });

  describe('old associations', () => {
    it('are forgotten a batch at a time, oldest first, but never one that is open or ended later', async (test) => {
      const ledger = await open(test);
      await ledger.associationOpened(association({ id: 'open', openedAt: 1 }));
      await ledger.associationOpened(association({ id: 'ended later', openedAt: 2 }));
      await ledger.associationClosed('ended later', ended({ closedAt: 2 * hour }));
      for (let n = 3; n < 8; n++) {
        await ledger.associationOpened(association({ id: `old ${n}`, openedAt: n }));
        await ledger.associationClosed(`old ${n}`, ended({ closedAt: n + 10 }));
      }
      await ledger.associationsRejected([rejected({ at: 50 }), rejected({ at: 60, code: '2/3/2' }), rejected({ at: 3 * hour })]);

      assert.equal(await ledger.forgetAssociations(hour, 2), 4);
      const left = async (): Promise<readonly string[]> =>
        (await ledger.associations({})).map(({ id, why }) => id || String(why).slice(0, 5));
      assert.deepEqual(await left(), ['1/1/3', 'old 7', 'old 6', 'old 5', 'ended later', 'open']);
      assert.equal(await ledger.forgetAssociations(hour, 100), 3);
      assert.equal(await ledger.forgetAssociations(hour, 100), 0);
      assert.deepEqual(await left(), ['1/1/3', 'ended later', 'open']);
    });
  });
}
