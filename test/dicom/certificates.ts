import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { requirePeer } from '../peers/peers.ts';

const execute = promisify(execFile);
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** A certification authority of its own, made by the openssl command in a folder of its own. */
export class Authority {
  /** Its own certificate. */
  readonly ca: string;
  readonly #openssl: string;
  readonly #folder: string;

  private constructor(openssl: string, folder: string) {
    this.#openssl = openssl;
    this.#folder = folder;
    this.ca = join(folder, 'ca.crt');
  }

  static async create(openssl: string, folder: string): Promise<Authority> {
    await mkdir(folder, { recursive: true });
    const authority = new Authority(openssl, folder);
    await authority.#run('req', '-x509', ...newKey, '-days', '3650', '-subj', '/CN=Test CA', '-keyout', 'ca.key', '-out', 'ca.crt');
    return authority;
  }

  /** A certificate for 127.0.0.1 and localhost; a negative number of days makes one that is over. */
  async issue(name: string, { days = 365, as = name }: { readonly days?: number; readonly as?: string } = {}): Promise<CertificateFiles> {
    const san = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    await this.#run('req', ...newKey, '-subj', `/CN=${name}`, ...san, '-keyout', `${as}.key`, '-out', `${as}.csr`);
    const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-copy_extensions', 'copyall'];
    await this.#run('x509', '-req', '-in', `${as}.csr`, ...signed, '-days', `${days}`, '-out', `${as}.crt`);
    return { certificate: join(this.#folder, `${as}.crt`), key: join(this.#folder, `${as}.key`) };
  }

  async #run(...args: readonly string[]): Promise<void> {
    await execute(this.#openssl, args, { cwd: this.#folder });
  }
}

/** Contents of PEM files. */
export const pem = async ({ certificate, key }: CertificateFiles): Promise<{ cert: string; key: string }> => ({
  cert: await readFile(certificate, 'utf8'),
  key: await readFile(key, 'utf8'),
});

/** What tests of TLS need. */
export interface Certificates {
  /** Where more can be made. */
  readonly authority: Authority;
  readonly foreignAuthority: Authority;
  readonly server: CertificateFiles;
  readonly otherServer: CertificateFiles;
  /** CT1, of the authority, of the foreign one, and of the authority but over. */
  readonly client: CertificateFiles;
  readonly foreignClient: CertificateFiles;
  readonly expiredClient: CertificateFiles;
}

let made: Promise<Certificates> | undefined;

/** Made once for all tests of a file, and removed when they end; null, and the test skipped, where there is no openssl. */
export async function certificates(t: TestContext): Promise<Certificates | null> {
  const openssl = requirePeer(t, 'openssl');
  if (openssl === null) return null;
  made ??= makeCertificates(openssl.openssl);
  return made;
}

async function makeCertificates(openssl: string): Promise<Certificates> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-tls-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const [authority, foreignAuthority] = await Promise.all([
    Authority.create(openssl, join(folder, 'ours')),
    Authority.create(openssl, join(folder, 'foreign')),
  ]);
  const [server, otherServer, client, foreignClient, expiredClient] = await Promise.all([
    authority.issue('gantry'),
    authority.issue('gantry', { as: 'other' }),
    authority.issue('CT1'),
    foreignAuthority.issue('CT1'),
    authority.issue('CT1', { as: 'expired', days: -1 }),
  ]);
  return { authority, foreignAuthority, server, otherServer, client, foreignClient, expiredClient };
}
