import type { SQLInputValue } from 'node:sqlite';
import type { Database } from '../database.ts';
import type { InstanceFilter, InstanceRow } from '../ledger.ts';
import { claimState, instanceColumns, shownState } from './columns.ts';

type Stored = Omit<InstanceRow, 'claims'> & { readonly claims: string };

const selected = `SELECT ${instanceColumns}, ${shownState} AS state,
  (SELECT json_group_array(json_object('workflow', c.workflow, 'workflowId', g.workflow_id, 'state', ${claimState}) ORDER BY c.id)
   FROM claims c JOIN groups g ON g.id = c.group_id WHERE c.instance = i.sequence) AS claims
  FROM instances i`;

const rowOf = ({ claims, ...row }: Stored): InstanceRow => ({ ...row, claims: JSON.parse(claims) as InstanceRow['claims'] });

export function unrouted(database: Database, limit: number): readonly InstanceRow[] {
  // The second condition is the first again, in the words of the index that serves it.
  return database
    .all<Stored>(`${selected} WHERE i.state = 'unrouted' AND i.state <> 'reclaimed' ORDER BY i.sequence LIMIT ?`, limit)
    .map(rowOf);
}

/** Oldest first; a limit leaves out the oldest. */
export function instances(
  database: Database,
  { state, studyInstanceUid, calledAeTitle, workflowId, limit }: InstanceFilter,
): readonly InstanceRow[] {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const where = (condition: string, value: SQLInputValue | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  where(`${shownState} = ?`, state);
  where('i.study_instance_uid = ?', studyInstanceUid);
  where('i.called_ae_title = ?', calledAeTitle);
  where('i.sequence IN (SELECT c.instance FROM claims c JOIN groups g ON g.id = c.group_id WHERE g.workflow_id = ?)', workflowId);
  const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  // SQLite takes a negative limit for none.
  return database
    .all<Stored>(`${selected} ${filter} ORDER BY i.sequence DESC LIMIT ?`, ...values, limit ?? -1)
    .map(rowOf)
    .reverse();
}
