import type { Database } from '../database.ts';
import { event } from './events.ts';
import { existingGroup } from './group.ts';
import { restateGroup } from './restate.ts';
import { dropWakeUps } from './wake-ups.ts';

interface Settlement {
  readonly released: number;
  readonly retained: number;
  readonly retainedUntil: number | null;
}

export function settleGroup(database: Database, id: number, retainUntil: number | null, why: string): Settlement {
  if (existingGroup(database, id).state === 'settled') return settlementOf(database, id);
  const now = Date.now();
  database.run(
    `UPDATE groups SET state = 'settled', settled_at = ?, retained_until = ?, released_at = ? WHERE id = ?`,
    now,
    retainUntil,
    retainUntil === null ? now : null,
    id,
  );
  dropWakeUps(database, id);
  restateGroup(database, id);
  if (retainUntil === null) event(database, { group: id }, 'released', why);
  else event(database, { group: id }, 'retained', `until ${new Date(retainUntil).toISOString()}: ${why}`);
  return settlementOf(database, id);
}

function settlementOf(database: Database, id: number): Settlement {
  const settled = database.get<{ instances: number; retainedUntil: number | null }>(
    'SELECT (SELECT count(*) FROM claims WHERE group_id = g.id) AS instances, g.retained_until AS retainedUntil FROM groups g WHERE g.id = ?',
    id,
  );
  const { instances, retainedUntil } = settled ?? { instances: 0, retainedUntil: null };
  return retainedUntil === null ? { released: instances, retained: 0, retainedUntil } : { released: 0, retained: instances, retainedUntil };
}
