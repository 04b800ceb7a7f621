import { readdir, readFile } from 'node:fs/promises';

interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
}

async function processes(): Promise<readonly ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
      // proc(5): the second field is in parentheses and may hold any character; state and ppid follow it.
      const [state, parent] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
      return state === undefined || state === 'Z' ? [] : [{ pid: Number(pid), parent: Number(parent) }];
    }),
  );
  return entries.flat();
}

/** All that a process has started and that still runs, its children's children too. */
export async function descendants(pid: number): Promise<readonly number[]> {
  const all = await processes();
  const found: number[] = [];
  const look = (parent: number): void => {
    for (const entry of all) {
      if (entry.parent !== parent) continue;
      found.push(entry.pid);
      look(entry.pid);
    }
  };
  look(pid);
  return found;
}

/** Processes that name a folder in their command line or environment: those that work for what is in it, whoever started them. */
export async function processesNaming(folder: string): Promise<readonly { readonly pid: number; readonly command: string }[]> {
  const found = await Promise.all(
    (await processes()).map(async ({ pid }) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return pid !== process.pid && (command.includes(folder) || environment.includes(folder))
        ? [{ pid, command: command.replaceAll('\0', ' ').trim() }]
        : [];
    }),
  );
  return found.flat();
}

export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
