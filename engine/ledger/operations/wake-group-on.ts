import type { Database } from '../database.ts';
import { existingGroup } from './group.ts';
import { addWakeUp } from './wake-ups.ts';

/** Notes when a run wants to be woken. What came true since it last observed its group wakes it at once. */
export function wakeGroupOn(
  database: Database,
  id: number,
  { instances, associationRelease }: { readonly instances: number | null; readonly associationRelease: boolean },
): void {
  if (existingGroup(database, id).state !== 'collecting') return;
  const unseen = database.get<{ releaseUnseen: number }>('SELECT release_unseen AS releaseUnseen FROM groups WHERE id = ?', id);
  database.run(
    'UPDATE groups SET wake_at_instances = ?, wake_on_release = ?, release_unseen = 0 WHERE id = ?',
    instances,
    Number(associationRelease),
    id,
  );
  wakeAtInstances(database, id);
  if (associationRelease && unseen?.releaseUnseen === 1) addWakeUp(database, id, 'association-release');
}

/** Wakes a group's run once when the group has as many instances as it asked for. */
export function wakeAtInstances(database: Database, group: number): boolean {
  const reached = database.get(
    `SELECT 1 FROM groups g WHERE g.id = ? AND g.wake_at_instances IS NOT NULL
     AND (SELECT count(*) FROM claims c WHERE c.group_id = g.id) >= g.wake_at_instances`,
    group,
  );
  if (reached === undefined) return false;
  database.run('UPDATE groups SET wake_at_instances = NULL WHERE id = ?', group);
  addWakeUp(database, group, 'instances');
  return true;
}

/**
 * Tells collecting groups that an association which brought them instances has ended: once it is over and all that it brought is routed.
 * Answers how many wake-ups that made.
 */
export function wakeOnRelease(database: Database, association: string): number {
  const over = database.get(
    `SELECT 1 FROM associations a WHERE a.id = ? AND a.closed_at IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM instances i WHERE i.association_id = a.id AND i.state = 'unrouted')`,
    association,
  );
  if (over === undefined) return 0;
  const groups = database.all<{ id: number; wakeOnRelease: number }>(
    `SELECT DISTINCT g.id, g.wake_on_release AS wakeOnRelease FROM instances i JOIN claims c ON c.instance = i.sequence
     JOIN groups g ON g.id = c.group_id WHERE i.association_id = ? AND g.state = 'collecting' ORDER BY g.id`,
    association,
  );
  const waiting = groups.filter((group) => group.wakeOnRelease === 1);
  for (const { id } of groups) database.run('UPDATE groups SET release_unseen = 1 WHERE id = ?', id);
  for (const { id } of waiting) addWakeUp(database, id, 'association-release');
  return waiting.length;
}
