import type { Database } from '../database.ts';
import type { WakeReason, WakeUp } from '../ledger.ts';
import { existingGroup } from './group.ts';

export function addWakeUp(database: Database, group: number, reason: WakeReason): void {
  database.run('INSERT INTO wakeups (group_id, reason, created_at) VALUES (?, ?, ?)', group, reason, Date.now());
}

/** A group that is closed or settled has nothing for a run to look at; a signal would only start one in vain. */
export function dropWakeUps(database: Database, group: number): void {
  database.run('DELETE FROM wakeups WHERE group_id = ?', group);
}

/** The first of each group only: the next one of it is due once that is sent. */
export function dueWakeUps(database: Database, now: number, limit: number): readonly WakeUp[] {
  return database.all<WakeUp>(
    `SELECT w.id, w.group_id AS "group", w.reason, g.workflow, g.workflow_id AS workflowId, g.called_ae_title AS calledAeTitle,
       g.group_key AS key, g.definition, w.created_at AS createdAt, w.attempts
     FROM wakeups w JOIN groups g ON g.id = w.group_id
     WHERE w.not_before <= ? AND NOT EXISTS (SELECT 1 FROM wakeups e WHERE e.group_id = w.group_id AND e.id < w.id)
     ORDER BY w.id LIMIT ?`,
    now,
    limit,
  );
}

export function wakeUpSent(database: Database, id: number): void {
  database.run('DELETE FROM wakeups WHERE id = ?', id);
}

export function wakeUpFailed(database: Database, id: number, error: string, nextAttemptAt: number): void {
  database.run('UPDATE wakeups SET attempts = attempts + 1, last_error = ?, not_before = ? WHERE id = ?', error, nextAttemptAt, id);
}

export function wake(database: Database, group: number, reason: WakeReason): void {
  if (existingGroup(database, group).state === 'settled') return;
  if (database.get('SELECT 1 FROM wakeups WHERE group_id = ? LIMIT 1', group) === undefined) addWakeUp(database, group, reason);
}
