import type { Database } from '../database.ts';
import { event } from './events.ts';
import { restateGroup, restateInstance } from './restate.ts';

const why = 'its retention is over';

/** Answers how many instances it let go: claims of settled groups, and instances that no rule could decide on. */
export function expireRetained(database: Database, now: number): number {
  const groups = database.all<{ id: number; instances: number }>(
    `SELECT g.id, (SELECT count(*) FROM claims WHERE group_id = g.id) AS instances FROM groups g
     WHERE g.state = 'settled' AND g.released_at IS NULL AND g.retained_until <= ?`,
    now,
  );
  for (const { id } of groups) {
    database.run('UPDATE groups SET released_at = ? WHERE id = ?', now, id);
    restateGroup(database, id);
    event(database, { group: id }, 'released', why);
  }
  const undecided = database.all<{ sequence: number }>(
    'SELECT sequence FROM instances WHERE retained_until IS NOT NULL AND retained_until <= ?',
    now,
  );
  for (const { sequence } of undecided) {
    database.run('UPDATE instances SET retained_until = NULL WHERE sequence = ?', sequence);
    restateInstance(database, sequence);
    event(database, { sequence }, 'released', why);
  }
  return groups.reduce((sum, { instances }) => sum + instances, undecided.length);
}
