import type { Database } from '../database.ts';

export function saveDefinition(database: Database, hash: string, workflow: string, json: string): void {
  database.run('INSERT OR IGNORE INTO definitions (hash, workflow, json, saved_at) VALUES (?, ?, ?, ?)', hash, workflow, json, Date.now());
}

export function definition(database: Database, hash: string): string | null {
  return database.get<{ json: string }>('SELECT json FROM definitions WHERE hash = ?', hash)?.json ?? null;
}
