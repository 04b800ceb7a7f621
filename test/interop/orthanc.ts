import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateFiles } from '../dicom/certificates.ts';
import { loopbackPort } from '../end-to-end/loopback-port.ts';
import { until } from '../end-to-end/until.ts';
import { type PeerPrograms, peerEnvironment } from '../peers/peers.ts';
import type { Sample } from './samples.ts';
import type { Called, Sender } from './sender.ts';

export interface OrthancOptions {
  readonly folder: string;
  /** By TLS it shows its certificate to whoever asks. */
  readonly own: CertificateFiles;
  readonly authority: string;
}

/** Orthanc: keeps what it is given, and sends that from its store. */
export class OrthancSender implements Sender {
  readonly storesAnyClass = false;
  readonly #child: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
  }

  static async start({ Orthanc }: PeerPrograms<'orthanc'>, { folder, own, authority }: OrthancOptions): Promise<OrthancSender> {
    await mkdir(folder, { recursive: true });
    const [dicomPort, httpPort] = [await loopbackPort(), await loopbackPort()];
    const file = join(folder, 'orthanc.json');
    const configuration = {
      Name: 'Gantry tests',
      StorageDirectory: join(folder, 'storage'),
      IndexDirectory: join(folder, 'index'),
      Plugins: [],
      DicomAet: 'ORTHANC',
      DicomPort: dicomPort,
      HttpPort: httpPort,
      RemoteAccessAllowed: false,
      DicomModalitiesInDatabase: true,
      DicomTlsCertificate: own.certificate,
      DicomTlsPrivateKey: own.key,
      DicomTlsTrustedCertificates: authority,
    };
    await writeFile(file, JSON.stringify(configuration));
    const child = spawn(Orthanc, [file], { env: peerEnvironment, stdio: 'ignore' });
    const sender = new OrthancSender(child, `http://127.0.0.1:${httpPort}`);
    await until('Orthanc to answer', async () => {
      if (child.exitCode !== null) throw new Error(`Orthanc ended with ${child.exitCode}`);
      return (await fetch(`${sender.#url}/system`)).ok;
    });
    return sender;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill();
    await exit;
  }

  async echo(called: Called): Promise<string> {
    return this.#request('POST', `${await this.#modality(called)}/echo`, '{}');
  }

  async store(called: Called, samples: readonly Sample[]): Promise<string> {
    const ids: string[] = [];
    for (const { path } of samples) {
      const file = await readFile(path);
      const { ID } = JSON.parse(await this.#request('POST', '/instances', file)) as { readonly ID: string };
      ids.push(ID);
      const held = Buffer.from(await (await fetch(`${this.#url}/instances/${ID}/file`)).arrayBuffer());
      if (!held.equals(file)) throw new Error(`Orthanc does not hold ${path} as it was uploaded`);
    }
    return this.#request(
      'POST',
      `${await this.#modality(called)}/store`,
      JSON.stringify({ Resources: ids, Synchronous: true, Timeout: 30 }),
    );
  }

  /** Orthanc names peers in its configuration. */
  async #modality({ port, calledAeTitle, tls }: Called): Promise<string> {
    const path = `/modalities/${calledAeTitle}`;
    await this.#request('PUT', path, JSON.stringify({ AET: calledAeTitle, Host: '127.0.0.1', Port: port, UseDicomTls: tls !== undefined }));
    return path;
  }

  /** What it says, a refusal too. */
  async #request(method: string, path: string, body: string | Buffer): Promise<string> {
    const response = await fetch(`${this.#url}${path}`, { method, body: typeof body === 'string' ? body : new Uint8Array(body) });
    return response.text();
  }
}
