import type { Database } from './database.ts';
import { databaseError } from './database-error.ts';
import { operations } from './operations/index.ts';
import { type ErrorData, errorToData, type Reply, type Request } from './protocol.ts';

/**
 * Runs requests in one transaction, so that they share one sync (group commit); a savepoint each, so that one that fails harms no other.
 * The replies are true only once this returns: a commit that fails makes failures of them all.
 */
export function runBatch(database: Database, requests: readonly Request[]): readonly Reply[] {
  const allFailed = (error: ErrorData): readonly Reply[] => requests.map(({ id }) => ({ id, error }));
  try {
    database.run('BEGIN IMMEDIATE');
    const replies: Reply[] = [];
    for (const request of requests) {
      const reply = requests.length === 1 ? attempt(database, request) : runOne(database, request);
      // On a full disk or an I/O error SQLite may roll back everything, also what went well before.
      if ('error' in reply && !database.isTransaction) return allFailed(reply.error);
      replies.push(reply);
    }
    const [only] = replies;
    // Alone in its transaction, so the transaction is its savepoint.
    if (requests.length === 1 && only !== undefined && 'error' in only) database.run('ROLLBACK');
    else database.run('COMMIT');
    return replies;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    return allFailed(errorToData(databaseError('cannot commit to the ledger', error)));
  }
}

function runOne(database: Database, request: Request): Reply {
  database.run('SAVEPOINT request');
  const reply = attempt(database, request);
  if (!('error' in reply)) database.run('RELEASE request');
  else if (database.isTransaction) database.exec('ROLLBACK TO request; RELEASE request');
  return reply;
}

function attempt(database: Database, { id, name, values }: Request): Reply {
  try {
    const operation = operations[name] as (database: Database, ...values: readonly unknown[]) => unknown;
    return { id, value: operation(database, ...values) };
  } catch (error) {
    return { id, error: errorToData(databaseError(`the ledger could not do "${name}"`, error)) };
  }
}
