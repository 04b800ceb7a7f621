import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GantryError } from '../errors/index.ts';
import { notWritable, prepareDataFolder } from './data-folder.ts';

export interface DataFolderLock {
  /** Lets the next engine in. May be called twice. */
  release(): void;
}

/** Held ones are kept here: a collected DatabaseSync closes its file, and the lock would go with it. */
const held = new Set<DatabaseSync>();

/**
 * Takes the data folder for this process, making it where it is missing. The lock is SQLite's RESERVED lock on `engine.lock`: the
 * operating system drops it when the process ends, however it ends, so it can be neither stale nor fooled by a reused process id
 * or by containers that each see only their own processes. Nothing else may open that file in this process: POSIX locks of a file
 * end when any of the process's descriptors of it is closed.
 * @throws GantryError GY505 when another engine has it, GY504 when the folder is not writable
 */
export function lockDataFolder(folder: string): DataFolderLock {
  const path = prepareDataFolder(folder);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(path, 'engine.lock'));
    database.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL); DELETE FROM holder');
    database.prepare('INSERT INTO holder VALUES (?)').run(process.pid);
    // The row must be committed to be readable by who is refused; whoever slips in between the two holds the folder, and we don't.
    database.exec('COMMIT; BEGIN IMMEDIATE');
  } catch (error) {
    const refusal = isBusy(error) && database !== undefined ? inUse(folder, holderOf(database)) : notWritable(folder, error);
    database?.close();
    throw refusal;
  }
  const lock = database;
  held.add(lock);
  return {
    release() {
      if (held.delete(lock)) lock.close();
    },
  };
}

const SQLITE_BUSY = 5;

const isBusy = (error: unknown): boolean => error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;

/** A RESERVED lock lets others read. null: the holder is just writing its row. */
function holderOf(database: DatabaseSync): number | null {
  try {
    database.exec('PRAGMA busy_timeout = 500');
    const row = database.prepare('SELECT pid FROM holder').get();
    return typeof row?.pid === 'number' ? row.pid : null;
  } catch {
    return null;
  }
}

function inUse(folder: string, pid: number | null): GantryError {
  return new GantryError(
    'GY505',
    `the data folder ${folder} is in use by ${pid === null ? 'another engine' : `the engine with process id ${pid}`}`,
  );
}
