import type { Database } from '../database.ts';
import type { Routing } from '../ledger.ts';
import { event } from './events.ts';
import { restateInstance } from './restate.ts';
import { wakeAtInstances, wakeOnRelease } from './wake-group-on.ts';
import { addWakeUp } from './wake-ups.ts';

/** A site has this long to mend a rule that could not be evaluated, and to have the instance sent again: 7 days. */
const undecidedMs = 7 * 86_400_000;

interface Unrouted {
  readonly calledAeTitle: string;
  readonly associationId: string;
}

/** Carries out what intake decided. An instance that is routed already, or gone, is passed over. */
export function route(database: Database, routings: readonly Routing[]): { readonly wakeUps: number } {
  let wakeUps = 0;
  const associations = new Set<string>();
  for (const routing of routings) {
    const instance = database.get<Unrouted>(
      `SELECT called_ae_title AS calledAeTitle, association_id AS associationId FROM instances WHERE sequence = ? AND state = 'unrouted'`,
      routing.sequence,
    );
    if (instance === undefined) continue;
    associations.add(instance.associationId);
    for (const claim of routing.claims) wakeUps += addClaim(database, routing.sequence, instance.calledAeTitle, claim);
    const retainUntil = routing.claims.length === 0 && routing.undecided ? Date.now() + undecidedMs : null;
    database.run(
      `UPDATE instances SET state = 'held', routed_at = ?, why = ?, retained_until = ? WHERE sequence = ?`,
      Date.now(),
      routing.why,
      retainUntil,
      routing.sequence,
    );
    restateInstance(database, routing.sequence);
    if (retainUntil !== null)
      event(database, routing, 'undecided', `retained until ${new Date(retainUntil).toISOString()}: ${routing.why}`);
    else if (routing.claims.length === 0) event(database, routing, 'not wanted', routing.why);
  }
  for (const association of associations) wakeUps += wakeOnRelease(database, association);
  return { wakeUps };
}

/** Answers how many wake-ups it made. */
function addClaim(database: Database, sequence: number, calledAeTitle: string, claim: Routing['claims'][number]): number {
  const { workflow, key } = claim;
  // It has its claim already where it took the place of an earlier instance.
  if (database.get('SELECT 1 FROM claims WHERE instance = ? AND workflow = ?', sequence, workflow) !== undefined) return 0;

  const collecting = database.get<{ id: number }>(
    `SELECT id FROM groups WHERE workflow = ? AND called_ae_title = ? AND group_key = ? AND state = 'collecting'`,
    workflow,
    calledAeTitle,
    key,
  );
  const group = collecting?.id ?? openGroup(database, calledAeTitle, claim);
  database.run('INSERT INTO claims (instance, group_id, workflow, claimed_at) VALUES (?, ?, ?, ?)', sequence, group, workflow, Date.now());
  if (collecting === undefined) {
    addWakeUp(database, group, 'new-group');
    return 1;
  }
  return wakeAtInstances(database, group) ? 1 : 0;
}

function openGroup(
  database: Database,
  calledAeTitle: string,
  { workflow, workflowId, key, definition }: Routing['claims'][number],
): number {
  return database.run(
    'INSERT INTO groups (workflow, workflow_id, called_ae_title, group_key, definition, opened_at) VALUES (?, ?, ?, ?, ?, ?)',
    workflow,
    workflowId,
    calledAeTitle,
    key,
    definition,
    Date.now(),
  ).lastId;
}
