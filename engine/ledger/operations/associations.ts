import type { Database } from '../database.ts';
import type { AssociationEnd, AssociationRecord } from '../ledger.ts';
import { wakeOnRelease } from './wake-group-on.ts';

export function associationOpened(database: Database, { id, callingAeTitle, calledAeTitle, peer, openedAt }: AssociationRecord): void {
  database.run(
    'INSERT OR IGNORE INTO associations (id, calling_ae_title, called_ae_title, peer, opened_at) VALUES (?, ?, ?, ?, ?)',
    id,
    callingAeTitle,
    calledAeTitle,
    peer,
    openedAt,
  );
}

export function associationClosed(database: Database, id: string, { closedAt, how, stored, failed, sizeBytes }: AssociationEnd): void {
  const { changes } = database.run(
    'UPDATE associations SET closed_at = ?, how = ?, stored = ?, failed = ?, size_bytes = ? WHERE id = ? AND closed_at IS NULL',
    closedAt,
    how,
    stored,
    failed,
    sizeBytes,
    id,
  );
  if (changes > 0) wakeOnRelease(database, id);
}

/** Associations that a killed engine left open: their sockets went with it. Called once, when the ledger is opened. */
export function closeLeftAssociations(database: Database): void {
  const left = database.all<{ id: string }>('SELECT id FROM associations WHERE closed_at IS NULL');
  for (const { id } of left) {
    database.run(`UPDATE associations SET closed_at = ?, how = 'lost' WHERE id = ?`, Date.now(), id);
    wakeOnRelease(database, id);
  }
}
