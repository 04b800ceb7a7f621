import { execFile } from 'node:child_process';

export interface ProgramResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** One short line on why it failed: its last line on stderr, else how it ended. Empty where it did not. */
  readonly why: string;
}

export interface ProgramOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

/** Runs a program to its end; never rejects. Killed at the time limit, with what it wrote so far. */
export function runProgram(file: string, args: readonly string[], { env, timeoutMs }: ProgramOptions): Promise<ProgramResult> {
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) return resolve({ ok: true, stdout, stderr, why: '' });
      const last = stderr.trim().split('\n').at(-1) ?? '';
      const ended = error.killed ? `no end after ${Math.round(timeoutMs / 1000)} s` : `it ended with ${error.code ?? error.signal}`;
      resolve({ ok: false, stdout, stderr, why: oneLine(error.killed || last === '' ? ended : last) });
    });
  });
}

/** For messages: control characters out (a terminal would obey them), at most 300 characters. */
export function oneLine(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 300);
}
