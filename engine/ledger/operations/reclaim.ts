import type { Database } from '../database.ts';
import { event } from './events.ts';

export interface ReclaimableFile {
  readonly kind: 'instance' | 'artifact';
  readonly id: number;
  readonly path: string;
}

export function reclaimable(database: Database, limit: number): readonly ReclaimableFile[] {
  return database.all<ReclaimableFile>(
    `SELECT 'instance' AS kind, sequence AS id, path FROM instances WHERE state = 'reclaimed' AND deleted_at IS NULL
     UNION ALL
     SELECT 'artifact', a.id, a.path FROM artifacts a JOIN artifact_sets s ON s.id = a.set_id JOIN groups g ON g.id = s.group_id
       WHERE a.deleted_at IS NULL AND g.released_at IS NOT NULL
     LIMIT ?`,
    limit,
  );
}

/** Passes over what something holds: only what `reclaimable` gave can have been deleted rightly. */
export function reclaimed(database: Database, files: readonly Pick<ReclaimableFile, 'kind' | 'id'>[]): void {
  for (const { kind, id } of files) {
    if (kind === 'instance')
      database.run(`UPDATE instances SET deleted_at = ? WHERE sequence = ? AND state = 'reclaimed' AND deleted_at IS NULL`, Date.now(), id);
    else database.run('UPDATE artifacts SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL', Date.now(), id);
  }
}

export function knownPaths(database: Database): ReadonlySet<string> {
  const rows = database.all<{ path: string }>(
    'SELECT path FROM instances WHERE deleted_at IS NULL UNION ALL SELECT path FROM artifacts WHERE deleted_at IS NULL',
  );
  return new Set(rows.map(({ path }) => path));
}

/** A lost file stays known: were it back one day (an unmounted disk), the sweep must not take it for nobody's. Told again it changes nothing. */
export function lost(database: Database, path: string): void {
  const instance = database.get<{ sequence: number; state: string }>(
    'SELECT sequence, state FROM instances WHERE path = ? AND deleted_at IS NULL AND lost_at IS NULL',
    path,
  );
  if (instance === undefined) {
    lostArtifact(database, path);
  } else if (instance.state === 'reclaimed') {
    // It was due: deleted before a crash, and not yet marked.
    database.run('UPDATE instances SET deleted_at = ? WHERE sequence = ?', Date.now(), instance.sequence);
  } else {
    database.run('UPDATE instances SET lost_at = ? WHERE sequence = ?', Date.now(), instance.sequence);
    event(database, instance, 'lost', 'its file is gone from storage though something holds it');
  }
}

function lostArtifact(database: Database, path: string): void {
  const artifact = database.get<{ id: number; group: number; released: number }>(
    `SELECT a.id, g.id AS "group", g.released_at IS NOT NULL AS released FROM artifacts a JOIN artifact_sets s ON s.id = a.set_id
     JOIN groups g ON g.id = s.group_id WHERE a.path = ? AND a.deleted_at IS NULL AND a.lost_at IS NULL`,
    path,
  );
  if (artifact === undefined) return;
  if (artifact.released === 1) {
    database.run('UPDATE artifacts SET deleted_at = ? WHERE id = ?', Date.now(), artifact.id);
  } else {
    database.run('UPDATE artifacts SET lost_at = ? WHERE id = ?', Date.now(), artifact.id);
    event(database, artifact, 'lost', 'a file that a step made is gone from storage');
  }
}
