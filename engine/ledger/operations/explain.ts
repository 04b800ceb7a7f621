import type { Database } from '../database.ts';
import type { LedgerEvent } from '../ledger.ts';

/** A line of the story, for `count` instances that share it. */
interface Line extends LedgerEvent {
  readonly count: number;
}

const subjects = `WITH subjects AS (SELECT sequence, sop_instance_uid FROM instances
  WHERE sop_instance_uid = ?1 OR series_instance_uid = ?1 OR study_instance_uid = ?1)`;

/** Lines that are equal but for their instance are told once, at the time of the first; in the order in which they happen within one millisecond. */
const chapters: readonly ((database: Database, uid: string) => Line[])[] = [
  received,
  routed,
  claimed,
  instanceEvents,
  groupEvents,
  deleted,
];

/** The story of a SOP Instance; of a series or study, those of its instances told together. Oldest first, empty where nothing is known. */
export function explain(database: Database, uid: string): readonly LedgerEvent[] {
  return chapters
    .flatMap((chapter) => chapter(database, uid))
    .sort((a, b) => a.at - b.at)
    .map(({ at, what, why, count }) => ({ at, what, why: count > 1 ? `${count} instances: ${why}` : why }));
}

function received(database: Database, uid: string): Line[] {
  const rows = database.all<{
    at: number;
    count: number;
    sizeBytes: number;
    calling: string;
    called: string;
    association: string;
    peer: string | null;
    how: string | null;
    ended: string | null;
  }>(
    `${subjects} SELECT min(i.received_at) AS at, count(*) AS count, sum(i.size_bytes) AS sizeBytes, i.calling_ae_title AS calling,
       i.called_ae_title AS called, i.association_id AS association, a.peer,
       CASE WHEN a.closed_at IS NULL THEN 'still open' ELSE a.how END AS how, a.why AS ended
     FROM subjects s JOIN instances i ON i.sequence = s.sequence LEFT JOIN associations a ON a.id = i.association_id
     GROUP BY i.association_id, i.calling_ae_title, i.called_ae_title`,
    uid,
  );
  return rows.map(({ at, count, sizeBytes, calling, called, association, peer, how, ended }) => {
    const from = peer === null ? calling : `${calling} (${peer})`;
    // Records of associations are not kept as long as those of instances may be.
    const ending = peer === null ? '' : ` (${how}${ended === null ? '' : `: ${ended}`})`;
    return { at, count, what: 'received', why: `from ${from} for ${called}, ${sizeBytes} bytes, association ${association}${ending}` };
  });
}

function claimed(database: Database, uid: string): Line[] {
  return database.all<Line>(
    `${subjects} SELECT min(c.claimed_at) AS at, count(*) AS count, 'claimed' AS what,
       'by ' || g.workflow || ' for run ' || g.workflow_id AS why
     FROM subjects s JOIN claims c ON c.instance = s.sequence JOIN groups g ON g.id = c.group_id GROUP BY g.id ORDER BY g.id`,
    uid,
  );
}

/** What the workflows that did not want it said, beside those that did. */
function routed(database: Database, uid: string): Line[] {
  return database.all<Line>(
    `${subjects} SELECT min(i.routed_at) AS at, count(*) AS count, 'routed' AS what, i.why
     FROM subjects s JOIN instances i ON i.sequence = s.sequence
     WHERE i.why <> '' AND EXISTS (SELECT 1 FROM claims c WHERE c.instance = i.sequence) GROUP BY i.why ORDER BY min(i.sequence)`,
    uid,
  );
}

/** Also what is known by UID alone: an instance that was refused has no row. */
function instanceEvents(database: Database, uid: string): Line[] {
  return database.all<Line>(
    `${subjects} SELECT min(at) AS at, count(*) AS count, what, why FROM (
       SELECT e.id, e.at, e.what, e.why FROM subjects s JOIN events e ON e.instance = s.sequence
       UNION
       SELECT e.id, e.at, e.what, e.why FROM events e WHERE e.uid = ?1 OR e.uid IN (SELECT sop_instance_uid FROM subjects)
     ) GROUP BY what, why ORDER BY min(id)`,
    uid,
  );
}

/** Of a group, so once however many of its instances are meant. */
function groupEvents(database: Database, uid: string): Line[] {
  return database.all<Line>(
    `${subjects} SELECT e.at, 1 AS count, e.what, g.workflow || ': ' || e.why AS why
     FROM events e JOIN groups g ON g.id = e.group_id
     WHERE e.group_id IN (SELECT c.group_id FROM subjects s JOIN claims c ON c.instance = s.sequence) ORDER BY e.id`,
    uid,
  );
}

function deleted(database: Database, uid: string): Line[] {
  return database.all<Line>(
    `${subjects} SELECT max(i.deleted_at) AS at, count(*) AS count, 'reclaimed' AS what, 'nothing held it any more; its file is deleted' AS why
     FROM subjects s JOIN instances i ON i.sequence = s.sequence WHERE i.deleted_at IS NOT NULL
     GROUP BY EXISTS (SELECT 1 FROM claims c WHERE c.instance = i.sequence)`,
    uid,
  );
}
