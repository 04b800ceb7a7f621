import { validateOptions } from '../plugin/host.ts';
import type { Grouping } from '../plugin/index.ts';
import type { GroupOutput, StepCall } from '../workflow/contract.ts';
import { groupTotals } from './group-totals.ts';
import type { WorkerParts } from './worker-parts.ts';

/** Says what the run's group is. Which instances belong to it, intake has decided. */
export async function describeGroup(
  { ledger }: WorkerParts,
  name: string,
  grouping: Grouping,
  { group, key, options }: StepCall,
): Promise<GroupOutput> {
  const checked = validateOptions(grouping.options, options, `"${name}"`);
  return { key, description: String(grouping.describe(key, await groupTotals(ledger, group), checked)).slice(0, 200) };
}
