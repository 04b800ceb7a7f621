import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { peerEnvironment } from '../peers/peers.ts';
import { listening, loopbackPort } from './loopback-port.ts';
import type { Destination } from './site.ts';

/** pynetdicom as a destination that does not store all at once: fickle-scp.py says how it answers. */
export class FickleScp {
  readonly destination: Destination;
  #child: ChildProcess | null = null;
  #output = '';

  private constructor(port: number) {
    this.destination = { aeTitle: 'FICKLE', host: '127.0.0.1', port };
  }

  static async make(): Promise<FickleScp> {
    return new FickleScp(await loopbackPort());
  }

  async start(python: string, how: 'busy' | 'warns'): Promise<void> {
    const { port } = this.destination;
    const script = resolve(import.meta.dirname, 'fickle-scp.py');
    const child = spawn(python, [script, String(port), how], { env: peerEnvironment, stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      this.#output += text;
    });
    this.#child = child;
    await listening(port, () => (child.exitCode === null ? null : `pynetdicom ended with ${child.exitCode}`));
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** SOP Instance UIDs in the order of the requests; one asked for twice stands twice. */
  get requests(): readonly string[] {
    return this.#output.split('\n').filter((line) => line !== '');
  }
}
