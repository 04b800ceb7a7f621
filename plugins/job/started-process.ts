import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endGroup, groupHas } from './process-group.ts';

interface Started {
  readonly pid: number;
  /** An entry of its environment that no other process has: the output folder of its attempt. */
  readonly entry: string;
}

const fileIn = (stateFolder: string): string => join(stateFolder, 'process.json');

function read(stateFolder: string): Started | null {
  try {
    const { pid, entry } = JSON.parse(readFileSync(fileIn(stateFolder), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 1 && typeof entry === 'string' ? { pid, entry } : null;
  } catch {
    return null;
  }
}

/** Remembers a process for the case that the engine dies under it. Synchronous: between spawn and this there is nothing to lose it in. */
export function remember(stateFolder: string, started: Started): void {
  writeFileSync(fileIn(stateFolder), JSON.stringify(started), { mode: 0o600 });
}

export function forget(stateFolder: string, pid: number): void {
  // An attempt that Temporal gave up on may end after the next one has begun.
  if (read(stateFolder)?.pid === pid) rmSync(fileIn(stateFolder), { force: true });
}

/** Ends what an earlier attempt of the same step left running. */
export async function endOrphan(stateFolder: string, graceMs: number): Promise<boolean> {
  const started = read(stateFolder);
  if (started === null || !(await groupHas(started.pid, started.entry))) return false;
  await endGroup(started.pid, graceMs);
  return true;
}
