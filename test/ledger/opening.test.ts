import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { openLedger, openLedgerReader } from '../../engine/ledger/index.ts';
import { migrations } from '../../engine/ledger/migrations.ts';
import { openDatabase } from '../../engine/ledger/open-database.ts';
import { association, groupOf, instance, keep, take } from './contract/fixture.ts';
import { temporaryLedger } from './temporary-ledger.ts';

/** One row in each table, as Gantry 0.1.0 wrote them. */
const rowsOfVersion1 = `
  INSERT INTO instances (sequence, id, sop_instance_uid, sop_class_uid, transfer_syntax_uid, study_instance_uid, series_instance_uid, modality,
    calling_ae_title, called_ae_title, association_id, size_bytes, sha256, path, received_at, state, routed_at, why)
    VALUES (7, 'i', '1.5', '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', '1.2.3', '1.2.3.4', 'CT', 'CT1', 'LUNG', 'a', 1000,
    '${'ab'.repeat(32)}', '2025-01-01/aa/i.dcm', 1700000000000, 'held', 1700000000001, '');
  INSERT INTO groups (id, workflow, workflow_id, called_ae_title, group_key, definition, opened_at)
    VALUES (3, 'lung', 'lung/LUNG/1.2.3', 'LUNG', '1.2.3', 'hash', 1700000000001);
  INSERT INTO claims (id, instance, group_id, workflow, claimed_at) VALUES (4, 7, 3, 'lung', 1700000000001);
  INSERT INTO wakeups (id, group_id, reason, created_at) VALUES (5, 3, 'new-group', 1700000000001);
  INSERT INTO definitions VALUES ('hash', 'lung', '{}', 1700000000000);
  INSERT INTO artifact_sets VALUES (6, 3, 1700000000002);
  INSERT INTO artifacts VALUES (8, 6, '1.6', '1.2', '1.2.840.10008.1.2.1', '1.2.3', '1.2.3.5', 500, '2025-01-01/aa/r.dcm', NULL, NULL);
  INSERT INTO associations VALUES ('a', 'CT1', 'LUNG', '10.1.2.3', 1700000000000, 1700000009000, 'released', 1, 0, 1000);
  INSERT INTO journal VALUES ('key', 'name', '"value"');
  INSERT INTO events VALUES (9, 1700000000003, 7, NULL, NULL, 'duplicate', 'the same bytes came again');
`;

type Tables = Record<string, readonly Record<string, unknown>[]>;

/** All rows of all tables. */
function contentsOf(file: string): Tables {
  const database = new DatabaseSync(file, { readOnly: true });
  const names = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).all() as { name: string }[];
  const tables = names.map(({ name }) => [
    name,
    database
      .prepare(`SELECT * FROM ${name}`)
      .all()
      .map((row) => ({ ...row })),
  ]);
  database.close();
  return Object.fromEntries(tables) as Tables;
}

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

  it('of version 1 is brought up to date with nothing lost but the hashes and identifiers of instances', async (test) => {
    const file = await temporaryLedger(test);
    await mkdir(dirname(file), { recursive: true });
    const old = new DatabaseSync(file);
    old.exec(`${migrations[0]} ${rowsOfVersion1} PRAGMA application_id = ${0x474e5452}; PRAGMA user_version = 1`);
    old.close();
    const before = contentsOf(file);
    for (const [table, rows] of Object.entries(before)) assert.ok(rows.length > 0, table);

    const ledger = await openLedger({ file });
    assert.equal((await ledger.instances({}))[0]?.sequence, 7);
    const [row] = await ledger.associations({});
    assert.deepEqual([row?.how, row?.stored, row?.statuses], ['released', 1, {}]);
    assert.deepEqual([row?.refusedContexts, row?.implementation, row?.tls], [[], { classUid: '', versionName: '' }, null]);
    await ledger.close();
    const after = contentsOf(file);
    // SQLite's own record of the keys it gave: instances need none.
    const withoutInstances = (rows: Tables[string] = []) => rows.filter(({ name }) => name !== 'instances');
    assert.deepEqual(withoutInstances(after.sqlite_sequence), withoutInstances(before.sqlite_sequence));
    for (const [table, rows] of Object.entries(before)) {
      if (table === 'sqlite_sequence') continue;
      rows.forEach((row, index) => {
        const { sha256, ...others } = row;
        const { id, ...kept } = others;
        const now = after[table]?.[index] ?? {};
        const expected = table === 'instances' ? kept : others;
        assert.deepEqual(Object.fromEntries(Object.keys(expected).map((column) => [column, now[column]])), expected, table);
        assert.equal('sha256' in now, false);
      });
      assert.equal(after[table]?.length, rows.length, table);
    }
  });

  it('is brought up to date with its foreign keys enforced again, and not at all where rows refer to none', async (test) => {
    const file = await temporaryLedger(test);
    await mkdir(dirname(file), { recursive: true });
    const version1 = `${migrations[0]} ${rowsOfVersion1} PRAGMA application_id = ${0x474e5452}; PRAGMA user_version = 1;`;
    const old = new DatabaseSync(file, { enableForeignKeyConstraints: false });
    old.exec(`${version1} DELETE FROM groups`);
    old.close();
    await assert.rejects(openLedger({ file }), { code: 'GY412', message: /refer to rows that are not there/ });
    assert.equal(contentsOf(file).instances?.[0]?.id, 'i', 'it is as it was');

    const mended = new DatabaseSync(file, { enableForeignKeyConstraints: false });
    mended.exec(
      `INSERT INTO groups (id, workflow, workflow_id, called_ae_title, group_key, definition, opened_at) VALUES (3, 'w', 'w', 'L', 'k', 'h', 1)`,
    );
    mended.close();
    const database = openDatabase(file);
    assert.throws(
      () => database.run('INSERT INTO claims (instance, group_id, workflow, claimed_at) VALUES (99, 3, ?, 1)', 'w'),
      /FOREIGN KEY/,
    );
    assert.throws(() => database.run('DELETE FROM instances'), /FOREIGN KEY/);
    database.close();
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
    await killed.associationOpened(association({ id: 'a' }));
    await take(killed, ['lung'], { associationId: 'a' });
    const group = await groupOf(killed, 'lung');
    assert.equal((await killed.observeGroup(group, 0)).openAssociations, 1);
    await killed.wakeGroupOn(group, { instances: null, associationRelease: true });
    await killed.close();

    const ledger = await openLedger({ file });
    assert.equal((await ledger.observeGroup(group, 0)).openAssociations, 0);
    const [row] = await ledger.associations({});
    assert.deepEqual([row?.how, row?.why, row?.stored], ['lost', 'the engine ended without closing it', 1]);
    for (const { id } of await ledger.dueWakeUps(Date.now(), 10)) await ledger.wakeUpSent(id);
    assert.deepEqual(
      (await ledger.dueWakeUps(Date.now(), 10)).map(({ reason }) => reason),
      ['association-release'],
    );
    await ledger.close();
  });
});
