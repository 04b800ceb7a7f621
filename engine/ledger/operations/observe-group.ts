import type { InstanceFacts } from '../../plugin/index.ts';
import type { Database } from '../database.ts';
import type { GroupObservation } from '../ledger.ts';
import { instanceColumns } from './columns.ts';
import { existingGroup } from './group.ts';

const freshLimit = 1_000;

interface Totals {
  readonly instances: number;
  readonly series: number;
  readonly sizeBytes: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly modalities: string;
  readonly callingAeTitles: string;
  readonly seen: number;
}

// `seen` counts claims, not instances: they are numbered in the order of routing, so that none slips in behind it.
const totalsOf = `SELECT count(*) AS instances, count(DISTINCT i.series_instance_uid) AS series, coalesce(sum(i.size_bytes), 0) AS sizeBytes,
    min(i.received_at) AS firstAt, max(i.received_at) AS lastAt, coalesce(max(c.id), 0) AS seen,
    json_group_array(DISTINCT i.modality) FILTER (WHERE i.modality IS NOT NULL) AS modalities,
    json_group_array(DISTINCT i.calling_ae_title) AS callingAeTitles
  FROM claims c JOIN instances i ON i.sequence = c.instance WHERE c.group_id = ?`;

const openAssociationsOf = `SELECT count(*) AS open FROM associations a WHERE a.closed_at IS NULL AND EXISTS
  (SELECT 1 FROM instances i JOIN claims c ON c.instance = i.sequence WHERE i.association_id = a.id AND c.group_id = ?)`;

export function observeGroup(database: Database, id: number, seen: number): GroupObservation {
  existingGroup(database, id);
  database.run('UPDATE groups SET release_unseen = 0 WHERE id = ? AND release_unseen = 1', id);
  const totals = database.get<Totals>(totalsOf, id);
  if (totals === undefined) throw new Error('an aggregate always has a row');
  const { seen: newest, modalities, callingAeTitles, ...rest } = totals;
  const strings = (json: string): string[] => (JSON.parse(json) as string[]).sort();
  return {
    now: Date.now(),
    totals: { ...rest, modalities: strings(modalities), callingAeTitles: strings(callingAeTitles) },
    seen: newest,
    fresh: freshInstances(database, id, seen),
    openAssociations: database.get<{ open: number }>(openAssociationsOf, id)?.open ?? 0,
  };
}

/** The newest of those that came since, in the order in which they came. */
function freshInstances(database: Database, id: number, seen: number): readonly InstanceFacts[] {
  const rows = database.all<Omit<InstanceFacts, 'attributes'> & { id: string; path: string }>(
    `SELECT ${instanceColumns} FROM claims c JOIN instances i ON i.sequence = c.instance
     WHERE c.group_id = ? AND c.id > ? ORDER BY c.id DESC LIMIT ${freshLimit}`,
    id,
    seen,
  );
  return rows.reverse().map(({ id: _, path: __, ...facts }) => ({ ...facts, attributes: {} }));
}
