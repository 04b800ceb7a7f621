import { GantryError } from '../errors/index.ts';
import { validateOptions } from '../plugin/host.ts';
import type { Batching } from '../plugin/index.ts';
import type { BatchOutput, StepCall } from '../workflow/contract.ts';
import { checkDecision } from './check-decision.ts';
import { groupTotals } from './group-totals.ts';
import { runId } from './run-id.ts';
import type { WorkerParts } from './worker-parts.ts';

/** Each look costs a transaction; a group that outruns this many is not quiet. */
const maxLooks = 50;

/**
 * Looks at the group, has the plugin decide, and carries the decision out: the group is closed only as it was seen.
 * Run again after its answer was lost, it finds the group closed by its own run and answers the same.
 * Throws GY607 for a decision that is none, GY608 where instances keep coming between look and close, GY609 where another run has closed the group.
 */
export async function decideBatch(parts: WorkerParts, name: string, batching: Batching, call: StepCall): Promise<BatchOutput> {
  const { ledger } = parts;
  const { group } = call;
  const run = runId();
  const options = validateOptions(batching.options, call.options, `"${name}"`);
  const { state, seen, completeNow } = call.batch ?? { state: null, seen: 0, completeNow: null };

  const row = await ledger.group(group);
  if (row !== null && row.state !== 'collecting') {
    if (row.runId !== run) throw new GantryError('GY609', `group ${group} was closed by another run`);
    return complete(parts, group, 'closed before, and the answer was lost');
  }

  for (let look = 0; look < maxLooks; look++) {
    const observation = await ledger.observeGroup(group, seen);
    const { now, totals, fresh, openAssociations } = observation;
    const decision = checkDecision(batching.decide(state, { now, totals, fresh, openAssociations, completeNow }, options), name, now);
    if (decision.complete) {
      if (!(await ledger.closeGroup(group, run, observation.seen))) continue;
      parts.crashPoint?.('batch-closed');
      return complete(parts, group, decision.why);
    }
    if (decision.wakeOn) {
      const { instances = null, associationRelease = false } = decision.wakeOn;
      // What came true since the look wakes the run at once: the ledger sees to that.
      await ledger.wakeGroupOn(group, { instances, associationRelease });
    }
    return { complete: false, why: decision.why, wakeAt: decision.wakeAt, state: decision.state, seen: observation.seen, totals };
  }
  throw new GantryError('GY608', `group ${group} grew between each of ${maxLooks} looks and the closing`);
}

async function complete({ ledger }: WorkerParts, group: number, why: string): Promise<BatchOutput> {
  return { complete: true, why, instances: await ledger.groupSet(group), totals: await groupTotals(ledger, group) };
}
