import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Signals a process group; false where none of it is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}

/** Ends a process group: SIGTERM, and SIGKILL for what is left of it after the grace. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  const until = Date.now() + graceMs;
  if (!signalGroup(leader, 'SIGTERM')) return;
  while (Date.now() < until) {
    await sleep(25);
    if (!signalGroup(leader, 0)) return;
  }
  signalGroup(leader, 'SIGKILL');
}

/**
 * Whether a process group still has a member that was started with this entry in its environment: process ids are used
 * again, so the id alone proves nothing. Reads /proc; where there is none (not Linux) the answer is no.
 */
export async function groupHas(leader: number, entry: string): Promise<boolean> {
  const processes = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
    // proc(5): the second field is in parentheses and may hold any character; state, ppid and pgrp follow it.
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
    if (group !== leader) continue;
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(entry)) return true;
  }
  return false;
}
