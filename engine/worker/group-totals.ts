import type { Ledger } from '../ledger/index.ts';
import type { GroupTotals } from '../plugin/index.ts';

/** Totals alone: nothing is newer than the largest sequence there can be. */
export const groupTotals = async (ledger: Ledger, group: number): Promise<GroupTotals> =>
  (await ledger.observeGroup(group, Number.MAX_SAFE_INTEGER)).totals;
