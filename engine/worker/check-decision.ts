import { GantryError } from '../errors/index.ts';
import type { BatchDecision } from '../plugin/index.ts';

/** State comes back with every decision, through the run's history. */
const maxStateBytes = 64 * 1024;
/** A decision to look again at once would spin. */
const soonestMs = 1_000;

/** What a batching plugin decided, made sure of: types are no promise at run time. Throws GY607. */
export function checkDecision(decision: BatchDecision, name: string, now: number): BatchDecision {
  const refuse = (what: string): never => {
    throw new GantryError('GY607', `"${name}" decided ${what}`);
  };
  if (typeof decision !== 'object' || decision === null || typeof decision.complete !== 'boolean')
    return refuse('nothing: it must say, at once, whether the group is complete');
  if (typeof decision.why !== 'string' || decision.why === '') return refuse('without saying why');
  const why = decision.why.slice(0, 300);
  if (decision.complete) return { complete: true, why };

  const { wakeAt, wakeOn } = decision;
  if (wakeAt !== null && !Number.isFinite(wakeAt)) return refuse('to look again at a time that is no number');
  const instances = wakeOn?.instances;
  if (instances !== undefined && !(Number.isSafeInteger(instances) && instances > 0))
    return refuse('to be woken at a number of instances that is none');
  if (wakeAt === null && instances === undefined && wakeOn?.associationRelease !== true) return refuse('to wait, but not until when');
  let state: string | undefined;
  try {
    state = JSON.stringify(decision.state ?? null);
  } catch {
    return refuse('on a state that is not JSON');
  }
  if (Buffer.byteLength(state) > maxStateBytes) return refuse(`on a state of more than ${maxStateBytes / 1024} kB`);
  return {
    complete: false,
    why,
    wakeAt: wakeAt === null ? null : Math.max(wakeAt, now + soonestMs),
    ...(wakeOn === undefined ? {} : { wakeOn }),
    state: JSON.parse(state),
  };
}
