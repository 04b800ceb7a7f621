import type { Ledger } from '../ledger/index.ts';
import { type Claims, formatDuration } from '../plugin/index.ts';
import type { StepCall } from '../workflow/contract.ts';
import { removeJobFolders } from './job-folders.ts';

/** The run's hold on its files. */
export function createClaims({ group, outcome, retainFailedMs }: StepCall, ledger: Ledger, dataFolder: string): Claims {
  return {
    async release() {
      const succeeded = outcome === 'succeeded';
      const settled = await ledger.settleGroup(
        group,
        succeeded ? null : Date.now() + retainFailedMs,
        succeeded
          ? 'the run succeeded'
          : `the run ${outcome === 'failed' ? 'failed' : 'was cancelled'}: kept for ${formatDuration(retainFailedMs)}`,
      );
      // What is retained keeps its job folders with it: they are what is looked at. A sweep ends them.
      if (settled.retained === 0) await removeJobFolders(dataFolder, group);
      return settled;
    },
  };
}
