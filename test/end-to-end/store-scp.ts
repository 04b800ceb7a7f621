import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { peerEnvironment } from '../peers/peers.ts';
import { listening, loopbackPort } from './loopback-port.ts';
import type { Destination } from './site.ts';

/** dcmtk's storescp as a destination. Its port stays the same over `stop` and `start`. */
export class StoreScp {
  readonly destination: Destination;
  readonly #folder: string;
  #child: ChildProcess | null = null;
  #started: Promise<void> | null = null;
  #output = '';

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.destination = { aeTitle: 'STORESCP', host: '127.0.0.1', port };
  }

  /** Made, not started: its port can stand in a configuration before. */
  static async make(folder: string): Promise<StoreScp> {
    await mkdir(folder, { recursive: true });
    return new StoreScp(folder, await loopbackPort());
  }

  /** Resolves when it listens; where it runs already, that is what is waited for. */
  start(program: string, ...args: readonly string[]): Promise<void> {
    this.#started ??= this.#start(program, args);
    return this.#started;
  }

  async #start(program: string, args: readonly string[]): Promise<void> {
    const { port } = this.destination;
    const child = spawn(program, ['-v', ...args, '-aet', 'STORESCP', '-od', this.#folder, String(port)], {
      env: peerEnvironment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.#output += text;
      });
    }
    await listening(port, () => (child.exitCode === null ? null : `storescp ended with ${child.exitCode}: ${this.#output}`));
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    this.#started = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** C-STORE requests that it has got, over all its starts; one sent twice counts twice. */
  get requests(): number {
    return this.#output.match(/Received Store Request/g)?.length ?? 0;
  }

  /** Paths of what it has stored. */
  async files(): Promise<readonly string[]> {
    return (await readdir(this.#folder)).map((name) => join(this.#folder, name));
  }
}
