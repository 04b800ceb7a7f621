import type { GroupRow, Ledger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import { forgetOldAssociations } from './forget-associations.ts';
import { type Loop, startLoop } from './loop.ts';
import type { RunStanding, Runs } from './runs.ts';

export interface CaretakerOptions {
  readonly ledger: Ledger;
  readonly runs: Runs;
  readonly log: Log;
  readonly everyMs: number;
  /** How long the instances of a run that went without settling are kept, by its definition's hash. */
  retainMs(group: GroupRow): Promise<number>;
  /** Files may be due for deletion, or wake-ups to be sent. */
  onChange(): void;
}

export type Care =
  | { readonly do: 'nothing' }
  | { readonly do: 'wake' }
  | { readonly do: 'settle'; readonly retain: boolean; readonly why: string };

/** What a group needs, given how its run stands: a lost run is replaced while the group collects; after that its instances are kept for a while. */
export function careFor(group: Pick<GroupRow, 'state'>, standing: RunStanding): Care {
  if (group.state === 'settled' || standing === 'running') return { do: 'nothing' };
  if (group.state === 'collecting') return { do: 'wake' };
  return {
    do: 'settle',
    retain: standing !== 'completed',
    why: standing === 'absent' ? 'its run is no longer known to Temporal' : `its run ended: ${standing}`,
  };
}

/** Looks after groups whose run is gone: terminated, failed, or lost with its server. */
export function startCaretaker({ ledger, runs, log, everyMs, retainMs, onChange }: CaretakerOptions): Loop {
  return startLoop({
    name: 'care for groups',
    everyMs,
    log,
    async pass() {
      await forgetOldAssociations(ledger, Date.now());
      const expired = await ledger.expireRetained(Date.now());
      let changed = expired > 0;
      for (const group of await ledger.openGroups()) {
        // While a group collects, whichever run of its Workflow Id is open will reach it; once closed it belongs to one run.
        const standing = await runs.standing(group.workflowId, group.state === 'collecting' ? null : group.runId);
        const care = careFor(group, standing);
        if (care.do === 'nothing') continue;
        // While Temporal was asked its run may have gone on, settled it and ended: the next round sees it as it is then.
        if ((await ledger.group(group.id))?.state !== group.state) continue;
        changed = true;
        if (care.do === 'wake') {
          await ledger.wake(group.id, 'run-vanished');
        } else {
          await ledger.settleGroup(group.id, care.retain ? Date.now() + (await retainMs(group)) : null, care.why);
          log.warn('a run ended without settling its instances', { workflowId: group.workflowId, why: care.why, retained: care.retain });
        }
      }
      if (changed) onChange();
      return false;
    },
  });
}
