import { GantryError } from '../../errors/index.ts';
import type { Database } from '../database.ts';
import type { GroupRow } from '../ledger.ts';
import { groupColumns } from './columns.ts';

export function group(database: Database, id: number): GroupRow | null {
  return database.get<GroupRow>(`SELECT ${groupColumns} FROM groups g WHERE g.id = ?`, id) ?? null;
}

/** Throws GY416. */
export function existingGroup(database: Database, id: number): GroupRow {
  const row = group(database, id);
  if (row === null) throw new GantryError('GY416', `the ledger has no group ${id}`);
  return row;
}
