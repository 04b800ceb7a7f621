import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { removeFolder, temporaryFolder } from './temporary-folder.ts';

const program = resolve(import.meta.dirname, '../dicom/receiving-process.ts');

/** What a receiver holds of its machine. */
export interface Holdings {
  readonly descriptors: number;
  /** Files in the storage folder that are not whole instances. */
  readonly partFiles: number;
}

/** The receiving path in a process of its own, looked at from outside (proc(5)). */
export class ReceiverProcess {
  readonly port: number;
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #errors: string[];

  private constructor(child: ChildProcess, folder: string, port: number, errors: string[]) {
    this.#child = child;
    this.folder = folder;
    this.port = port;
    this.#errors = errors;
  }

  /** Ended, and its folder removed, with the test. */
  static async start(t: TestContext, mode?: 'stuck'): Promise<ReceiverProcess> {
    const folder = await temporaryFolder();
    const child = spawn(process.execPath, [program, folder, ...(mode === undefined ? [] : [mode])], { stdio: ['ignore', 'pipe', 'pipe'] });
    t.after(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await removeFolder(folder);
    });
    const errors: string[] = [];
    child.stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text));
    const port = await new Promise<number>((found, failed) => {
      child.stdout?.setEncoding('utf8').once('data', (text: string) => found(Number(text)));
      child.once('exit', (code) => failed(new Error(`the receiver ended with ${code}: ${errors.join('')}`)));
    });
    return new ReceiverProcess(child, folder, port, errors);
  }

  /** null while it lives; otherwise how it ended, and its last words. */
  get ended(): string | null {
    const { exitCode, signalCode } = this.#child;
    return exitCode === null && signalCode === null ? null : `${exitCode ?? signalCode}: ${this.#errors.join('')}`;
  }

  /** A stuck disk writes again. */
  unstick(): void {
    this.#child.kill('SIGUSR2');
  }

  async #status(name: 'VmRSS' | 'VmHWM'): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'latin1');
    const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
    if (kilobytes === undefined) throw new Error(`no ${name} in the status of a process that ended: ${this.ended}`);
    return Number(kilobytes) * 1_024;
  }

  /** Resident memory in bytes. */
  resident(): Promise<number> {
    return this.#status('VmRSS');
  }

  /** The most that was resident since `forgetPeak`. */
  peak(): Promise<number> {
    return this.#status('VmHWM');
  }

  async forgetPeak(): Promise<void> {
    await writeFile(`/proc/${this.#child.pid}/clear_refs`, '5');
  }

  async holdings(): Promise<Holdings> {
    const descriptors = (await readdir(`/proc/${this.#child.pid}/fd`)).length;
    return { descriptors, partFiles: (await this.#files()).filter((path) => !path.endsWith('.dcm')).length };
  }

  /** Paths of the instances that it has stored. */
  async stored(): Promise<readonly string[]> {
    return (await this.#files()).filter((path) => path.endsWith('.dcm'));
  }

  async #files(): Promise<readonly string[]> {
    const entries = await readdir(join(this.folder, 'instances'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }
}
