import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './process-table.ts';

/** A server that runs, whether this process started it or found it. */
export interface ServerProcess {
  /** null: it could not even be executed. */
  readonly pid: number | null;
  /** How it ended, once it has. */
  readonly ended: Promise<string>;
}

export interface SpawnOptions {
  readonly path: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Starts the server in a process group of its own: Ctrl-C in a terminal goes to the whole group, and the server must outlive the
 * engine's draining. It writes to a file rather than a pipe, which would break, and end it, with the engine.
 */
export function spawnServer({ path, args, cwd, logFile, env }: SpawnOptions): ServerProcess {
  const output = openSync(logFile, 'a', 0o600);
  // Temporal's own variables are for clients, but this program reads them, too.
  const clean = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
  const child = spawn(path, args, { cwd, env: clean, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  return { pid: child.pid ?? null, ended };
}

const lookMs = 250;

/** Watches a server that is not this process's child: it can only be looked at now and then. */
export function adoptServer(pid: number): ServerProcess {
  const ended = new Promise<string>((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(pid)) return;
      clearInterval(timer);
      resolve('it is gone');
    }, lookMs);
    timer.unref();
  });
  return { pid, ended };
}

/** Ends a process: SIGTERM, and SIGKILL when it has not gone after `graceMs`. Resolves when it is gone. */
export async function endProcess(pid: number, graceMs = 10_000): Promise<void> {
  if (await signalled(pid, 'SIGTERM', graceMs)) return;
  await signalled(pid, 'SIGKILL', graceMs);
}

async function signalled(pid: number, signal: NodeJS.Signals, waitMs: number): Promise<boolean> {
  // It leads a group of its own (spawnServer); where `temporal` is a wrapper script, the server proper is another process of the group.
  if (!send(-pid, signal) && !send(pid, signal)) return true;
  const deadline = Date.now() + waitMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** False where there is no such process, or group. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
