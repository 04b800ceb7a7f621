import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { openLedger, openLedgerReader } from '../../engine/ledger/index.ts';
import { migrations } from '../../engine/ledger/migrations.ts';
import { openDatabase } from '../../engine/ledger/open-database.ts';
import { groupOf, instance, keep, take } from './contract/fixture.ts';
import { temporaryLedger } from './temporary-ledger.ts';

/** Makes an empty ledger and changes it behind Gantry's back. */
async function tamperedLedger(file: string, sql: string): Promise<void> {
  await (await openLedger({ file })).close();
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

describe('a ledger', () => {
  it('keeps what it knows when it is closed and opened again', async (test) => {
    const file = await temporaryLedger(test);
    const first = await openLedger({ file });
    const sequence = await take(first, ['lung']);
    await first.close();
    const second = await openLedger({ file });
    assert.deepEqual(
      (await second.instances({})).map((row) => row.sequence),
      [sequence],
    );
    assert.equal((await second.dueWakeUps(Date.now(), 10)).length, 1);
    await second.close();
  });

  it('is written ahead and synced in full, with its foreign keys enforced', async (test) => {
    const database = openDatabase(await temporaryLedger(test));
    const value = (pragma: string): unknown => Object.values(database.get(`PRAGMA ${pragma}`) ?? {})[0];
    assert.deepEqual([value('journal_mode'), value('synchronous'), value('foreign_keys')], ['wal', 2, 1]);
    assert.equal(value('user_version'), migrations.length);
    database.close();
  });

  it('of a newer Gantry is refused by both that write and that read', async (test) => {
    const file = await temporaryLedger(test);
    await tamperedLedger(file, `PRAGMA user_version = ${migrations.length + 1}`);
    const refusal = {
      name: 'GantryError',
      code: 'GY411',
      message: new RegExp(`version ${migrations.length + 1}, and this Gantry knows versions up to`),
    };
    await assert.rejects(openLedger({ file }), refusal);
    await assert.rejects(openLedgerReader({ file }), refusal);
  });

  it('of an older Gantry is refused by one that only reads', async (test) => {
    const file = await temporaryLedger(test);
    await tamperedLedger(file, `PRAGMA user_version = ${migrations.length - 1}`);
    await assert.rejects(openLedgerReader({ file }), { code: 'GY411', mend: /Start the engine once/ });
  });

  it('that is damaged, or is a file or a database of something else, is refused', async (test) => {
    const file = await temporaryLedger(test);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'this is no database, but long enough to be taken for one'.repeat(100));
    await assert.rejects(openLedger({ file }), { name: 'GantryError', code: 'GY412' });
    await assert.rejects(openLedgerReader({ file }), { name: 'GantryError', code: 'GY412' });

    const foreign = join(dirname(file), 'foreign.db');
    const database = new DatabaseSync(foreign);
    database.exec('CREATE TABLE bookmarks (url TEXT)');
    database.close();
    await assert.rejects(openLedger({ file: foreign }), { code: 'GY412', message: /a database of something else/ });
  });

  it('that cannot be made or opened is refused', async (test) => {
    const file = await temporaryLedger(test);
    await mkdir(file, { recursive: true });
    await assert.rejects(openLedger({ file }), { name: 'GantryError', code: 'GY413' });
    await writeFile(join(file, 'file'), '');
    await assert.rejects(openLedger({ file: join(file, 'file', 'below', 'ledger.db') }), { name: 'GantryError', code: 'GY413' });
  });

  it('answers what was asked before it is closed, and refuses what is asked after', async (test) => {
    const file = await temporaryLedger(test);
    const ledger = await openLedger({ file });
    const asked = Array.from({ length: 100 }, () => ledger.record(instance(), keep));
    const closing = ledger.close();
    await assert.rejects(ledger.counts(), { name: 'GantryError', code: 'GY415' });
    await closing;
    assert.equal((await Promise.all(asked)).length, 100);
    await ledger.close();
  });

  it('takes associations that a killed engine left open for ended, and wakes who waits for that', async (test) => {
    const file = await temporaryLedger(test);
    const killed = await openLedger({ file });
    await killed.associationOpened({ id: 'a', callingAeTitle: 'CT1', calledAeTitle: 'LUNG', peer: '127.0.0.1', openedAt: 1 });
    await take(killed, ['lung'], { associationId: 'a' });
    const group = await groupOf(killed, 'lung');
    assert.equal((await killed.observeGroup(group, 0)).openAssociations, 1);
    await killed.wakeGroupOn(group, { instances: null, associationRelease: true });
    await killed.close();

    const ledger = await openLedger({ file });
    assert.equal((await ledger.observeGroup(group, 0)).openAssociations, 0);
    for (const { id } of await ledger.dueWakeUps(Date.now(), 10)) await ledger.wakeUpSent(id);
    assert.deepEqual(
      (await ledger.dueWakeUps(Date.now(), 10)).map(({ reason }) => reason),
      ['association-release'],
    );
    await ledger.close();
  });
});
