import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { careFor, startCaretaker } from '../../engine/intake/caretaker.ts';
import { nextAttemptAt } from '../../engine/intake/dispatcher.ts';
import type { GroupRow, Ledger } from '../../engine/ledger/index.ts';
import { silentLog } from '../../engine/log/index.ts';

describe('care for groups', () => {
  it('replaces the run of a group that still collects, however it went', () => {
    for (const standing of ['failed', 'terminated', 'cancelled', 'timed-out', 'completed', 'absent'] as const)
      assert.deepEqual(careFor({ state: 'collecting' }, standing), { do: 'wake' }, standing);
  });

  it('retains the instances of a closed group whose run went without settling them', () => {
    for (const standing of ['failed', 'terminated', 'cancelled', 'timed-out', 'absent'] as const) {
      const care = careFor({ state: 'closed' }, standing);
      assert.equal(care.do === 'settle' && care.retain, true, standing);
    }
  });

  it('lets running runs and settled groups alone', () => {
    assert.deepEqual(careFor({ state: 'collecting' }, 'running'), { do: 'nothing' });
    assert.deepEqual(careFor({ state: 'closed' }, 'running'), { do: 'nothing' });
    assert.deepEqual(careFor({ state: 'settled' }, 'failed'), { do: 'nothing' });
  });
});

describe('a round of care', () => {
  it('leaves a group alone whose run settled it and ended while Temporal was asked how it stands', async () => {
    const group = { id: 1, state: 'closed', workflowId: 'lung-ct/LUNG/1.2.3', runId: 'r' } as GroupRow;
    let rounds = 0;
    const settledIn = Promise.withResolvers<number>();
    const ledger: Partial<Ledger> = {
      forgetAssociations: async () => 0,
      expireRetained: async () => 0,
      openGroups: async () => [group],
      // By its run in the first round; in the second it turns out that it was not.
      group: async () => (rounds === 1 ? { ...group, state: 'settled' } : group),
      async settleGroup() {
        settledIn.resolve(rounds);
        return { released: 1, retained: 0, retainedUntil: null };
      },
    };
    const caretaker = startCaretaker({
      ledger: ledger as Ledger,
      runs: {
        wake: async () => {},
        async standing() {
          rounds += 1;
          return 'completed';
        },
      },
      log: silentLog,
      everyMs: 1,
      retainMs: async () => 0,
      onChange() {},
    });
    assert.equal(await settledIn.promise, 2);
    await caretaker.stop();
  });
});

describe('old associations', () => {
  it('are forgotten after 90 days, a small batch in each round, also while Temporal is away', async () => {
    const asked: { readonly before: number; readonly limit: number }[] = [];
    const rounds = Promise.withResolvers<void>();
    const ledger: Pick<Ledger, 'forgetAssociations' | 'expireRetained' | 'openGroups'> = {
      async forgetAssociations(before, limit) {
        asked.push({ before, limit });
        if (asked.length === 2) rounds.resolve();
        return limit;
      },
      expireRetained: async () => 0,
      openGroups: () => Promise.reject(new Error('Temporal is away')),
    };
    const caretaker = startCaretaker({
      ledger: ledger as Ledger,
      runs: { wake: async () => {}, standing: async () => 'running' },
      log: silentLog,
      everyMs: 1,
      retainMs: async () => 0,
      onChange() {},
    });
    await rounds.promise;
    await caretaker.stop();
    for (const { before, limit } of asked) {
      assert.ok(Math.abs(Date.now() - 90 * 86_400_000 - before) < 60_000);
      assert.equal(limit, 500);
    }
  });
});

describe('wake-ups that Temporal did not accept', () => {
  it('are sent again after half a second, doubling to fifteen seconds', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6, 100].map((attempts) => nextAttemptAt(0, attempts)),
      [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000],
    );
  });
});
