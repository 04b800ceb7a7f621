import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface RunningProgram {
  readonly pid: number;
  /** Its arguments joined by single spaces, one at the end. */
  readonly command: string;
}

/** Linux has /proc; macOS has not, and asks ps. */
const hasProc = existsSync('/proc/self/stat');

/** Every process that this user may see. */
export function runningPrograms(): readonly RunningProgram[] {
  if (!hasProc) {
    const table = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
    return table.split('\n').flatMap((line) => {
      const [, pid, command] = /^\s*(\d+)\s(.*)$/.exec(line) ?? [];
      return pid === undefined ? [] : [{ pid: Number(pid), command: `${command} ` }];
    });
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: readProc(name, 'cmdline').replaceAll('\0', ' ') }));
}

/** False for a zombie, too: a child whose parent does not ask how it ended. */
export function isAlive(pid: number): boolean {
  // "1234 (name, with any character) S …"
  if (hasProc) return /\) [^ZX]/.test(readProc(String(pid), 'stat'));
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Empty for a process that has just ended. */
function readProc(pid: string, file: 'cmdline' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
