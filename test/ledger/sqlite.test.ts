import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before } from 'node:test';
import { type Ledger, openLedger } from '../../engine/ledger/index.ts';
import { ledgerContract } from './contract.ts';

let folder: string;
let ledger: Ledger;
const file = (): string => join(folder, 'ledger.db');

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
  ledger = await openLedger({ file: file() });
});

after(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

/** One ledger, emptied for each test: quicker than a thread and a file for each, and the thread keeps nothing in memory. */
function empty(): void {
  const database = new DatabaseSync(file(), { enableForeignKeyConstraints: false, timeout: 5_000 });
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all();
  database.exec(`BEGIN; ${tables.map(({ name }) => `DELETE FROM ${name};`).join(' ')} COMMIT`);
  database.close();
}

ledgerContract('a ledger in SQLite', async () => {
  empty();
  return ledger;
});
