import { describe } from 'node:test';
import { associationsContract } from './contract/associations.ts';
import { conservationContract } from './contract/conservation.ts';
import { explainContract } from './contract/explain.ts';
import type { OpenLedger } from './contract/fixture.ts';
import { groupsContract } from './contract/groups.ts';
import { listsContract } from './contract/lists.ts';
import { memoryContract } from './contract/memory.ts';
import { reclaimContract } from './contract/reclaim.ts';
import { recordContract } from './contract/record.ts';
import { routeContract } from './contract/route.ts';
import { setsContract } from './contract/sets.ts';
import { wakeUpsContract } from './contract/wake-ups.ts';

/** What every ledger must do, whatever database it stands on. */
export function ledgerContract(name: string, open: OpenLedger): void {
  describe(name, () => {
    recordContract(open);
    routeContract(open);
    wakeUpsContract(open);
    associationsContract(open);
    groupsContract(open);
    reclaimContract(open);
    setsContract(open);
    memoryContract(open);
    listsContract(open);
    explainContract(open);
    conservationContract(open);
  });
}
