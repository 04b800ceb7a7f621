import type { Database } from '../database.ts';
import type { Comparison, NewInstance, Recording } from '../ledger.ts';
import { event } from './events.ts';
import { restateInstance } from './restate.ts';

interface Earlier {
  readonly sequence: number;
  readonly path: string;
  readonly state: 'unrouted' | 'held';
  readonly lostAt: number | null;
}

/** Records an instance, unless an open run of the same called AE title holds it already. */
export function record(
  database: Database,
  instance: NewInstance,
  { overwriteSameInstance, comparison }: { readonly overwriteSameInstance: boolean; readonly comparison?: Comparison },
): Recording {
  const earlier = database.get<Earlier>(
    `SELECT sequence, path, state, lost_at AS lostAt FROM instances
     WHERE sop_instance_uid = ? AND called_ae_title = ? AND state IN ('unrouted', 'held') ORDER BY sequence DESC LIMIT 1`,
    instance.sopInstanceUid,
    instance.calledAeTitle,
  );
  if (earlier === undefined) return { outcome: 'recorded', sequence: insert(database, instance) };

  const { sequence } = earlier;
  // Told again: judged as its own duplicate, its file would be deleted by the caller.
  if (earlier.path === instance.path) return { outcome: 'recorded', sequence };
  const over = `over association ${instance.associationId}`;
  // One whose file is gone cannot stand for its bytes.
  if (earlier.lostAt !== null) return replace(database, earlier, instance, `it came again ${over}`);
  // Bytes are hashed only here, where it matters: on the way of every instance a digest would cost more than its storage.
  if (comparison?.sequence !== sequence) return { outcome: 'compare', sequence, path: earlier.path };
  if (comparison.earlier === comparison.newer) {
    event(database, earlier, 'duplicate', `the same bytes came again ${over}; one file is kept`);
    return { outcome: 'duplicate', sequence };
  }
  const digests = `(sha256 ${comparison.newer} instead of ${comparison.earlier})`;
  if (!overwriteSameInstance) {
    const why = `other bytes came under the same UID ${over} ${digests}; the first stays (overwriteSameInstance is off)`;
    event(database, earlier, 'kept first', why);
    return { outcome: 'kept-first', sequence };
  }
  return replace(database, earlier, instance, `newer bytes came under the same UID ${over} ${digests}`);
}

/**
 * What has not closed its batch gets the newer bytes in the place of the older; what has, keeps its file.
 * The new instance stays unrouted: workflows that it has no claim of yet may want it.
 */
function replace(database: Database, earlier: Earlier, instance: NewInstance, came: string): Recording {
  const sequence = insert(database, instance);
  const moved = moveCollectingClaims(database, earlier.sequence, sequence);
  if (earlier.state === 'held' && moved === 0) {
    event(database, earlier, 'sent again', `${came}; the run that closed its batch keeps these`);
    return { outcome: 'recorded', sequence };
  }
  if (earlier.state === 'unrouted')
    database.run(
      `UPDATE instances SET state = 'held', routed_at = ?, why = 'replaced before it was routed' WHERE sequence = ?`,
      Date.now(),
      earlier.sequence,
    );
  restateInstance(database, earlier.sequence);
  event(database, earlier, 'replaced', `${came} and took its place`);
  event(database, { sequence }, 'replaces', 'it took the place of an earlier one under the same UID');
  return { outcome: 'replaced', sequence };
}

/** New claims, not changed ones: their order is the order in which a group's instances came to it. */
function moveCollectingClaims(database: Database, from: number, to: number): number {
  const claims = database.all<{ id: number; groupId: number; workflow: string; workflowId: string; claimedAt: number }>(
    `SELECT c.id, c.group_id AS groupId, c.workflow, g.workflow_id AS workflowId, c.claimed_at AS claimedAt
     FROM claims c JOIN groups g ON g.id = c.group_id WHERE c.instance = ? AND g.state = 'collecting' ORDER BY c.id`,
    from,
  );
  for (const { id, groupId, workflow, workflowId, claimedAt } of claims) {
    database.run('DELETE FROM claims WHERE id = ?', id);
    database.run('INSERT INTO claims (instance, group_id, workflow, claimed_at) VALUES (?, ?, ?, ?)', to, groupId, workflow, Date.now());
    event(database, { sequence: from }, 'claimed', `for run ${workflowId}, until it was replaced`, claimedAt);
  }
  return claims.length;
}

function insert(database: Database, instance: NewInstance): number {
  return database.run(
    `INSERT INTO instances (sop_instance_uid, sop_class_uid, transfer_syntax_uid, study_instance_uid, series_instance_uid, modality,
       calling_ae_title, called_ae_title, association_id, size_bytes, path, received_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    instance.sopInstanceUid,
    instance.sopClassUid,
    instance.transferSyntaxUid,
    instance.studyInstanceUid,
    instance.seriesInstanceUid,
    instance.modality,
    instance.callingAeTitle,
    instance.calledAeTitle,
    instance.associationId,
    instance.sizeBytes,
    instance.path,
    instance.receivedAt,
  ).lastId;
}
