import type { Database } from '../database.ts';

const derivedState = `CASE
  WHEN EXISTS (SELECT 1 FROM claims c JOIN groups g ON g.id = c.group_id WHERE c.instance = instances.sequence AND g.state <> 'settled') THEN 'held'
  WHEN EXISTS (SELECT 1 FROM claims c JOIN groups g ON g.id = c.group_id WHERE c.instance = instances.sequence AND g.released_at IS NULL)
    OR retained_until IS NOT NULL THEN 'retained'
  ELSE 'reclaimed' END`;

// Reclaimed is for good: nothing claims an instance whose file may be gone.
const mayChange = `state NOT IN ('unrouted', 'reclaimed')`;

/** Derives an instance's state from its claims. */
export function restateInstance(database: Database, sequence: number): void {
  database.run(`UPDATE instances SET state = ${derivedState} WHERE sequence = ? AND ${mayChange}`, sequence);
}

/** Derives the states of a group's instances from all of their claims. */
export function restateGroup(database: Database, group: number): void {
  database.run(
    `UPDATE instances SET state = ${derivedState} WHERE sequence IN (SELECT instance FROM claims WHERE group_id = ?) AND ${mayChange}`,
    group,
  );
}
