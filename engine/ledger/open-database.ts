import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { GantryError } from '../errors/index.ts';
import { Database } from './database.ts';
import { databaseError } from './database-error.ts';
import { migrations } from './migrations.ts';

/** `application_id` of a ledger, "GNTR": tells it from a database of something else. */
const applicationId = 0x474e5452;

const busyTimeoutMs = 5_000;

/** What the write-ahead log's file is cut back to after a burst, in bytes. */
const walBytes = 64 * 1024 * 1024;

/**
 * Opens the ledger to write, makes it where there is none, and brings it to this version.
 * Throws GY411 (a newer version), GY412 (damaged, or not a ledger), GY413 (cannot be opened or written).
 */
export function openDatabase(file: string): Database {
  return opening(file, () => {
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
    } catch (error) {
      throw new GantryError('GY413', `cannot make the folder of the ledger ${file}`, { cause: error });
    }
    const database = new Database(file, { readOnly: false, busyTimeoutMs });
    return prepared(database, () => {
      checkVersion(database, file);
      useWriteAheadLog(database, file);
      migrate(database, file);
    });
  });
}

/** Opens the ledger to read, beside the engine that writes it. Throws as `openDatabase`, also GY411 for an older version: only the engine migrates. */
export function openDatabaseToRead(file: string): Database {
  return opening(file, () => {
    if (!existsSync(file))
      throw new GantryError('GY413', `there is no ledger at ${file}`, {
        mend: 'Start the engine once with this data folder, or name another with --data.',
      });
    const database = new Database(file, { readOnly: true, busyTimeoutMs });
    return prepared(database, () => {
      if (checkVersion(database, file) < migrations.length)
        throw new GantryError('GY411', `the ledger ${file} is of an older version`, {
          mend: 'Start the engine once: it brings the ledger up to date.',
        });
    });
  });
}

function opening(file: string, open: () => Database): Database {
  try {
    return open();
  } catch (error) {
    throw databaseError(`cannot open the ledger ${file}`, error);
  }
}

function prepared(database: Database, prepare: () => void): Database {
  try {
    prepare();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const pragma = (database: Database, name: string): number => Number(Object.values(database.get(`PRAGMA ${name}`) ?? {})[0]);

function checkVersion(database: Database, file: string): number {
  const version = pragma(database, 'user_version');
  const isEmpty = database.get('SELECT 1 FROM sqlite_schema LIMIT 1') === undefined;
  if (!isEmpty && pragma(database, 'application_id') !== applicationId)
    throw new GantryError('GY412', `${file} is a database of something else`);
  if (version > migrations.length)
    throw new GantryError('GY411', `the ledger ${file} has version ${version}, and this Gantry knows versions up to ${migrations.length}`);
  return version;
}

function useWriteAheadLog(database: Database, file: string): void {
  const [mode] = Object.values(database.get('PRAGMA journal_mode = WAL') ?? {});
  // Where memory cannot be shared (NFS, SMB) SQLite keeps its old mode and says so only here.
  if (mode !== 'wal')
    throw new GantryError('GY413', `the file system of ${file} cannot keep a write-ahead log`, {
      mend: 'Put the data folder on a local disk.',
    });
  // FULL: an acknowledged instance outlives a power cut; with NORMAL the last commits may be lost (https://sqlite.org/pragma.html#pragma_synchronous).
  database.exec(`PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${walBytes}`);
}

function migrate(database: Database, file: string): void {
  if (checkVersion(database, file) === migrations.length) return;
  // Off while a table may be made anew, which is dropping it; that all of them hold again is checked before the end.
  database.exec('PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE');
  try {
    // Asked again inside the transaction: another process may have migrated meanwhile.
    for (let version = checkVersion(database, file); version < migrations.length; version++) database.exec(migrations[version] ?? '');
    const [dangling] = database.all<{ table: string }>('PRAGMA foreign_key_check');
    if (dangling !== undefined)
      throw new GantryError('GY412', `rows of the ledger's table ${dangling.table} refer to rows that are not there`);
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  } finally {
    database.exec('PRAGMA foreign_keys = ON');
  }
}
