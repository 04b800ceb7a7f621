import { databaseError } from './database-error.ts';
import type { Ledger } from './ledger.ts';
import { openDatabaseToRead } from './open-database.ts';
import { counts } from './operations/counts.ts';
import { explain } from './operations/explain.ts';
import { openGroups } from './operations/groups.ts';
import { instances } from './operations/instances.ts';
import { associations } from './operations/list-associations.ts';

/** What another process may ask while the engine writes. */
export type LedgerReader = Pick<Ledger, 'associations' | 'instances' | 'explain' | 'counts' | 'openGroups' | 'close'>;

/** Opens a ledger to read, with or without a running engine. Throws GY411 (another version), GY412 (damaged), GY413 (missing, cannot be opened). */
export async function openLedgerReader({ file }: { readonly file: string }): Promise<LedgerReader> {
  const database = openDatabaseToRead(file);
  const reading = async <T>(read: () => T): Promise<T> => {
    try {
      return read();
    } catch (error) {
      throw databaseError(`cannot read the ledger ${file}`, error);
    }
  };
  return {
    associations: (filter) => reading(() => associations(database, filter)),
    instances: (filter) => reading(() => instances(database, filter)),
    explain: (uid) => reading(() => explain(database, uid)),
    counts: () => reading(() => counts(database)),
    openGroups: () => reading(() => openGroups(database)),
    close: async () => database.close(),
  };
}
