import type { Database } from '../database.ts';

export function journal(database: Database, key: string): ReadonlyMap<string, unknown> {
  const rows = database.all<{ name: string; value: string }>('SELECT name, value FROM journal WHERE key = ? ORDER BY name', key);
  return new Map(rows.map(({ name, value }) => [name, JSON.parse(value) as unknown]));
}

/** The newest value of each name stands. */
export function journalWrite(database: Database, key: string, entries: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(entries)) {
    // JSON has no undefined.
    database.run('INSERT OR REPLACE INTO journal (key, name, value) VALUES (?, ?, ?)', key, name, JSON.stringify(value ?? null));
  }
}
