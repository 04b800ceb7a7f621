import type { Database } from '../database.ts';

export interface EventSubject {
  readonly sequence?: number;
  readonly group?: number;
  readonly uid?: string;
}

/** Notes what happened to an instance, a group, or something known by its UID alone. */
export function event(database: Database, { sequence, group, uid }: EventSubject, what: string, why: string, at = Date.now()): void {
  database.run(
    'INSERT INTO events (at, instance, group_id, uid, what, why) VALUES (?, ?, ?, ?, ?, ?)',
    at,
    sequence ?? null,
    group ?? null,
    uid ?? null,
    what,
    why,
  );
}
