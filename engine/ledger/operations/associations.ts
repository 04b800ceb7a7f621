import type { Database } from '../database.ts';
import type { AssociationEnd, AssociationRecord } from '../ledger.ts';
import { wakeOnRelease } from './wake-group-on.ts';

/** PS3.8 §9.3.2.2: a presentation context's id is an odd byte. */
const mostContexts = 128;
/** PS3.5 §9.1. What is longer is no UID, and a peer may send 64 kB of it. */
const longestUid = 64;

export function associationOpened(database: Database, association: AssociationRecord): void {
  const { implementation, refusedContexts, tls } = association;
  const refused = refusedContexts
    .slice(0, mostContexts)
    .map(({ abstractSyntaxUid, result }) => ({ abstractSyntaxUid: abstractSyntaxUid.slice(0, longestUid), result }));
  database.run(
    `INSERT OR IGNORE INTO associations (id, calling_ae_title, called_ae_title, peer, opened_at, accepted_contexts, refused_contexts,
       implementation_class_uid, implementation_version_name, tls, tls_subject)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    association.id,
    association.callingAeTitle,
    association.calledAeTitle,
    association.peer,
    association.openedAt,
    association.acceptedContexts,
    JSON.stringify(refused),
    implementation.classUid.slice(0, longestUid),
    implementation.versionName.slice(0, longestUid),
    Number(tls !== null),
    tls?.subject ?? null,
  );
}

export function associationClosed(database: Database, id: string, end: AssociationEnd): void {
  const statuses = Object.fromEntries([...end.statuses].map(([status, count]) => [hex(status), count]));
  const { changes } = database.run(
    `UPDATE associations SET closed_at = ?, how = ?, why = ?, stored = ?, failed = ?, statuses = ?, size_bytes = ?
     WHERE id = ? AND closed_at IS NULL`,
    end.closedAt,
    end.how,
    end.why,
    end.stored,
    end.failed,
    JSON.stringify(statuses),
    end.sizeBytes,
    id,
  );
  if (changes > 0) wakeOnRelease(database, id);
}

const hex = (status: number): string => status.toString(16).toUpperCase().padStart(4, '0');

/** Associations that a killed engine left open: their sockets went with it. Called once, when the ledger is opened. */
export function closeLeftAssociations(database: Database): void {
  const left = database.all<{ id: string }>('SELECT id FROM associations WHERE closed_at IS NULL');
  for (const { id } of left) {
    database.run(
      `UPDATE associations SET closed_at = ?, how = 'lost', why = 'the engine ended without closing it' WHERE id = ?`,
      Date.now(),
      id,
    );
    wakeOnRelease(database, id);
  }
}
