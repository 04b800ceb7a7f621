import type { SQLInputValue } from 'node:sqlite';
import type { Database } from '../database.ts';
import type { AssociationFilter, AssociationRow } from '../ledger.ts';

interface Stored extends Omit<AssociationRow, 'statuses' | 'refusedContexts' | 'implementation' | 'tls'> {
  readonly statuses: string;
  readonly refusedContexts: string;
  readonly classUid: string;
  readonly versionName: string;
  readonly tls: number;
  readonly tlsSubject: string | null;
}

// What ended without a summary (still open, or the engine was killed) is told from the instances that it brought.
const accepted = `SELECT id, calling_ae_title AS callingAeTitle, called_ae_title AS calledAeTitle, peer, opened_at AS openedAt,
    closed_at AS closedAt, coalesce(how, 'open') AS how, 1 AS times, why, statuses, refused_contexts AS refusedContexts,
    coalesce(stored, (SELECT count(*) FROM instances i WHERE i.association_id = a.id)) AS stored,
    coalesce(size_bytes, (SELECT coalesce(sum(i.size_bytes), 0) FROM instances i WHERE i.association_id = a.id)) AS sizeBytes,
    coalesce(failed, 0) AS failed, accepted_contexts AS acceptedContexts, implementation_class_uid AS classUid,
    implementation_version_name AS versionName, tls, tls_subject AS tlsSubject
  FROM associations a`;

const rejected = `SELECT '' AS id, calling_ae_title AS callingAeTitle, called_ae_title AS calledAeTitle, peer, first_at AS openedAt,
    last_at AS closedAt, 'rejected' AS how, times, code || ' ' || why AS why, '{}' AS statuses, '[]' AS refusedContexts, 0 AS stored,
    0 AS sizeBytes, 0 AS failed, 0 AS acceptedContexts, '' AS classUid, '' AS versionName, 0 AS tls, NULL AS tlsSubject
  FROM rejections`;

/** Newest first: accepted ones by when they began, rejected ones by the newest of their hour. */
export function associations(database: Database, filter: AssociationFilter): readonly AssociationRow[] {
  const { how, since, limit } = filter;
  const found: Stored[] = [];
  if (how !== 'rejected') {
    const { where, values } = conditions(filter);
    if (how === 'open') where.push('closed_at IS NULL');
    else if (how !== undefined) add(where, values, 'how = ?', how);
    add(where, values, '(closed_at IS NULL OR closed_at >= ?)', since);
    found.push(...query(database, accepted, where, 'opened_at DESC, id', values, limit));
  }
  if (how === undefined || how === 'rejected') {
    const { where, values } = conditions(filter);
    add(where, values, 'last_at >= ?', since);
    found.push(...query(database, rejected, where, 'last_at DESC', values, limit));
  }
  found.sort((a, b) => newestOf(b) - newestOf(a));
  return found.slice(0, limit).map(rowOf);
}

const newestOf = ({ how, openedAt, closedAt }: Stored): number => (how === 'rejected' ? (closedAt ?? openedAt) : openedAt);

function conditions({ callingAeTitle, calledAeTitle, peer }: AssociationFilter): { where: string[]; values: SQLInputValue[] } {
  const where: string[] = [];
  const values: SQLInputValue[] = [];
  add(where, values, 'calling_ae_title = ?', callingAeTitle);
  add(where, values, 'called_ae_title = ?', calledAeTitle);
  add(where, values, 'peer = ?', peer);
  return { where, values };
}

function add(where: string[], values: SQLInputValue[], condition: string, value: SQLInputValue | undefined): void {
  if (value === undefined) return;
  where.push(condition);
  values.push(value);
}

function query(
  database: Database,
  select: string,
  where: readonly string[],
  order: string,
  values: readonly SQLInputValue[],
  limit: number | undefined,
): Stored[] {
  const filter = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  // SQLite takes a negative limit for none.
  return database.all<Stored>(`${select} ${filter} ORDER BY ${order} LIMIT ?`, ...values, limit ?? -1);
}

const rowOf = ({ statuses, refusedContexts, classUid, versionName, tls, tlsSubject, ...row }: Stored): AssociationRow => ({
  ...row,
  statuses: JSON.parse(statuses) as AssociationRow['statuses'],
  refusedContexts: JSON.parse(refusedContexts) as AssociationRow['refusedContexts'],
  implementation: { classUid, versionName },
  tls: tls === 1 ? { subject: tlsSubject } : null,
});
