import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ledger } from '../ledger/index.ts';

const jobsFolder = (dataFolder: string): string => join(dataFolder, 'jobs');

/** What the jobs of a group have been given and have made. */
const groupJobsFolder = (dataFolder: string, group: number): string => join(jobsFolder(dataFolder), String(group));

/** A folder for all attempts of a step's jobs. */
export const stepJobsFolder = (dataFolder: string, group: number, step: string): string =>
  join(groupJobsFolder(dataFolder, group), step.replace(/[^A-Za-z0-9_-]/g, '_'));

export async function removeJobFolders(dataFolder: string, group: number): Promise<void> {
  await rm(groupJobsFolder(dataFolder, group), { recursive: true, force: true });
}

/**
 * Removes job folders that outlived their group's claims: a crash came between, a retention is over, or somebody else
 * settled the group. They hold links to instance files, which keep their space until then. Answers how many.
 */
export async function sweepJobFolders({ ledger, dataFolder }: { readonly ledger: Ledger; readonly dataFolder: string }): Promise<number> {
  const groups = (await readdir(jobsFolder(dataFolder)).catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  let removed = 0;
  for (const id of groups) {
    const group = await ledger.group(id);
    if (group !== null && (await holdsAny(ledger, group.workflowId))) continue;
    await removeJobFolders(dataFolder, id);
    removed += 1;
  }
  return removed;
}

async function holdsAny(ledger: Ledger, workflowId: string): Promise<boolean> {
  const instances = await ledger.instances({ workflowId });
  return instances.some(({ claims }) => claims.some((claim) => claim.workflowId === workflowId && claim.state !== 'released'));
}
