import { activityInfo } from '@temporalio/activity';
import { GantryError } from '../errors/index.ts';
import type { Definition } from '../language/index.ts';
import type { BeginInput, BeginOutput } from '../workflow/contract.ts';
import { groupTotals } from './group-totals.ts';
import { runId } from './run-id.ts';
import type { WorkerParts } from './worker-parts.ts';

/** Takes the group for the run and brings the definition that the run keeps. Throws GY610 where the ledger has none of that hash. */
export async function begin({ ledger }: WorkerParts, { group, definition }: BeginInput): Promise<BeginOutput> {
  if ((await ledger.takeGroup(group, runId())) === 'closed') return { state: 'closed' };
  const json = await ledger.definition(definition);
  if (json === null)
    throw new GantryError(
      'GY610',
      `the ledger has no definition ${definition.slice(0, 12)} for ${activityInfo().workflowType ?? 'the run'}`,
    );
  return { state: 'taken', definition: JSON.parse(json) as Definition, totals: await groupTotals(ledger, group) };
}
