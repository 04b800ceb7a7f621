import { GantryError } from '../../errors/index.ts';
import type { Database } from '../database.ts';
import type { GroupRow } from '../ledger.ts';
import { groupColumns } from './columns.ts';
import { event } from './events.ts';
import { existingGroup } from './group.ts';
import { dropWakeUps } from './wake-ups.ts';

export function openGroups(database: Database): readonly GroupRow[] {
  return database.all<GroupRow>(`SELECT ${groupColumns} FROM groups g WHERE g.state <> 'settled' ORDER BY g.id`);
}

export function takeGroup(database: Database, id: number, runId: string): 'taken' | 'closed' {
  const row = existingGroup(database, id);
  if (row.state === 'settled') return 'closed';
  if (row.state === 'closed') return row.runId === runId ? 'taken' : 'closed';
  if (row.runId !== runId) {
    database.run('UPDATE groups SET run_id = ? WHERE id = ?', runId, id);
    event(database, { group: id }, 'collected', row.runId === null ? `by run ${runId}` : `by run ${runId}, in the place of ${row.runId}`);
  }
  return 'taken';
}

/** Throws GY417 where another run has the group. */
export function closeGroup(database: Database, id: number, runId: string, seen: number): boolean {
  const row = existingGroup(database, id);
  if (row.runId !== null && row.runId !== runId) throw new GantryError('GY417', `group ${id} is run ${row.runId}'s, not run ${runId}'s`);
  if (row.state !== 'collecting') return true;
  const { newest, instances } = database.get<{ newest: number; instances: number }>(
    'SELECT coalesce(max(id), 0) AS newest, count(*) AS instances FROM claims WHERE group_id = ?',
    id,
  ) ?? { newest: 0, instances: 0 };
  if (newest > seen) return false;
  database.run(
    `UPDATE groups SET state = 'closed', run_id = ?, closed_at = ?, wake_at_instances = NULL, wake_on_release = 0 WHERE id = ?`,
    runId,
    Date.now(),
    id,
  );
  dropWakeUps(database, id);
  event(database, { group: id }, 'closed', `the batch is complete: ${instances} ${instances === 1 ? 'instance' : 'instances'}`);
  return true;
}
