import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Database } from '../../engine/ledger/database.ts';
import { openDatabase } from '../../engine/ledger/open-database.ts';
import type { Request } from '../../engine/ledger/protocol.ts';
import { runBatch } from '../../engine/ledger/run-batch.ts';
import { instance, keep } from './contract/fixture.ts';
import { temporaryLedger } from './temporary-ledger.ts';

async function openEmpty(test: TestContext): Promise<Database> {
  const database = openDatabase(await temporaryLedger(test));
  test.after(() => database.close());
  return database;
}

const record = (id: number, given = {}): Request => ({ id, name: 'record', values: [instance(given), keep] });
const rows = (database: Database): number | undefined => database.get<{ n: number }>('SELECT count(*) AS n FROM instances')?.n;
const errors = (replies: ReturnType<typeof runBatch>): readonly (string | null)[] =>
  replies.map((reply) => ('error' in reply ? reply.error.code : null));

describe('requests that wait together', () => {
  it('share one commit, and see what those before them did', async (test) => {
    const database = await openEmpty(test);
    const commits = test.mock.method(database, 'run').mock;
    const replies = runBatch(database, [record(1), record(2), { id: 3, name: 'counts', values: [] }]);
    assert.deepEqual(
      replies.map(({ id }) => id),
      [1, 2, 3],
    );
    assert.deepEqual(replies[2], { id: 3, value: { held: 2, retained: 0, unrouted: 2, wakeUps: 0, collecting: 0 } });
    assert.equal(commits.calls.filter(({ arguments: [sql] }) => sql === 'COMMIT').length, 1);
  });

  it('do not suffer from one among them that fails halfway', async (test) => {
    const database = await openEmpty(test);
    const half = {
      sequence: 1,
      claims: ['a key', null].map((key, n) => ({ workflow: `lung-${n}`, key, workflowId: 'x', definition: 'h' })),
      why: '',
      undecided: false,
    };
    const replies = runBatch(database, [record(1), { id: 2, name: 'route', values: [[half]] }, record(3)]);
    assert.deepEqual(errors(replies), [null, 'GY414', null]);
    assert.equal(rows(database), 2);
    assert.equal(database.get('SELECT 1 FROM groups'), undefined, 'nothing of the failed one is left');
  });

  it('all fail when their commit fails, and leave no trace', async (test) => {
    const database = await openEmpty(test);
    const { run } = database;
    const fault = test.mock.method(database, 'run', function (this: Database, ...values: Parameters<Database['run']>) {
      if (values[0] === 'COMMIT') throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
      return run.apply(this, values);
    });
    assert.deepEqual(errors(runBatch(database, [record(1), record(2)])), ['GY414', 'GY414']);
    fault.mock.restore();
    assert.equal(rows(database), 0);
    assert.deepEqual(errors(runBatch(database, [record(3)])), [null]);
  });

  it('all fail when the disk is full under one of them, and go on when there is space again', async (test) => {
    const database = await openEmpty(test);
    const pages = (limit: number): void => database.exec(`PRAGMA max_page_count = ${limit}`);
    pages(1);
    const replies = runBatch(
      database,
      Array.from({ length: 200 }, (_, id) => record(id)),
    );
    const failures = errors(replies).filter((code) => code !== null);
    assert.ok(failures.length > 0);
    assert.deepEqual([...new Set(failures)], ['GY401']);
    assert.equal(rows(database), replies.length - failures.length, 'what was answered is there, what was not is not');
    pages(1_000_000);
    assert.deepEqual(errors(runBatch(database, [record(1_000)])), [null]);
  });
});
