import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { peerEnvironment } from '../peers/peers.ts';
import { loopbackPort } from './loopback-port.ts';
import type { Destination } from './site.ts';
import { until } from './until.ts';

/** Orthanc as a destination, with its storage in a folder of the test. */
export class Orthanc {
  readonly destination: Destination;
  readonly #folder: string;
  readonly #httpPort: number;
  #child: ChildProcess | null = null;
  #started: Promise<void> | null = null;

  private constructor(folder: string, port: number, httpPort: number) {
    this.#folder = folder;
    this.#httpPort = httpPort;
    this.destination = { aeTitle: 'ORTHANC', host: '127.0.0.1', port };
  }

  static async make(folder: string): Promise<Orthanc> {
    await mkdir(folder, { recursive: true });
    return new Orthanc(folder, await loopbackPort(), await loopbackPort());
  }

  /** Resolves when it answers; where it runs already, that is what is waited for. */
  start(program: string): Promise<void> {
    this.#started ??= this.#start(program);
    return this.#started;
  }

  async #start(program: string): Promise<void> {
    const file = join(this.#folder, 'orthanc.json');
    await writeFile(
      file,
      JSON.stringify({
        Name: 'Gantry tests',
        StorageDirectory: join(this.#folder, 'storage'),
        IndexDirectory: join(this.#folder, 'index'),
        Plugins: [],
        DicomAet: 'ORTHANC',
        DicomPort: this.destination.port,
        HttpPort: this.#httpPort,
        RemoteAccessAllowed: false,
        DicomCheckCalledAet: true,
      }),
    );
    const child = spawn(program, [file], { env: peerEnvironment, stdio: 'ignore' });
    this.#child = child;
    await until('Orthanc to answer', async () => {
      if (child.exitCode !== null) throw new Error(`Orthanc ended with ${child.exitCode}`);
      return (await this.get('/system')) !== null;
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  }

  /** Transfer Syntax UID of all it has, by SOP Instance UID. */
  async transferSyntaxes(): Promise<Readonly<Record<string, string>>> {
    const ids = (await this.get('/instances')) as readonly string[];
    const pairs = await Promise.all(
      ids.map(async (id) => {
        const tags = (await this.get(`/instances/${id}/simplified-tags`)) as { readonly SOPInstanceUID: string };
        const syntax = (await this.get(`/instances/${id}/metadata/TransferSyntax`)) as string;
        return [tags.SOPInstanceUID, syntax] as const;
      }),
    );
    return Object.fromEntries(pairs);
  }

  private async get(path: string): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.#httpPort}${path}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`Orthanc answers ${response.status} to ${path}`);
    return response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
  }
}
