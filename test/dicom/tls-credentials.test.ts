import assert from 'node:assert/strict';
import { copyFile, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readTlsCredentials, type TlsCredentials, type TlsFiles, watchTlsCredentials } from '../../engine/dicom/index.ts';
import type { LogFields } from '../../engine/log/index.ts';
import { type CertificateFiles, certificates } from './certificates.ts';
import { until } from './memory-engine.ts';
import { run } from './samples.ts';
import { temporaryFolder } from './store-scp.ts';

const dayMs = 86_400_000;

/** A log that is kept: level, and code or message. */
function keptLog() {
  const lines: string[] = [];
  const keep =
    (level: string) =>
    (message: string, { code }: LogFields = {}): void =>
      void lines.push(`${level} ${code ?? message}`);
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
}

async function place({ certificate, key }: CertificateFiles, folder: string): Promise<TlsFiles> {
  const files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), ca: null };
  await copyFile(key, files.key);
  await copyFile(certificate, files.certificate);
  return files;
}

/** A folder whose content is swapped at once, as Kubernetes does it: a link is replaced. */
class Mount {
  readonly files: TlsFiles;
  readonly #folder: string;
  #version = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.files = { certificate: join(folder, '..data', 'tls.crt'), key: join(folder, '..data', 'tls.key'), ca: null };
  }

  async swap(fill: (folder: string) => Promise<unknown>): Promise<void> {
    this.#version += 1;
    const name = `version-${this.#version}`;
    await mkdir(join(this.#folder, name));
    await fill(join(this.#folder, name));
    await symlink(name, join(this.#folder, '..new'));
    await rename(join(this.#folder, '..new'), join(this.#folder, '..data'));
  }
}

async function watch(t: TestContext, files: TlsFiles) {
  const log = keptLog();
  const told: TlsCredentials[] = [];
  const watching = await watchTlsCredentials(files, { log, everyMs: 10, onChange: (credentials) => void told.push(credentials) });
  t.after(() => watching.close());
  return { log, told, watching };
}

/** Lets the test say when the files are read: each call does it once, to its end. */
function readingsByHand(t: TestContext): () => Promise<void> {
  let due: (() => void) | null = null;
  const later = (run: () => void): object => {
    due = run;
    return {};
  };
  t.mock.method(globalThis, 'setTimeout', later as unknown as typeof setTimeout);
  return async () => {
    const run = due;
    due = null;
    (run as (() => void) | null)?.();
    while (due === null) await new Promise(setImmediate);
  };
}

describe('TLS files', () => {
  it('are refused with what is wrong with them', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const { certificate, key } = made.server;
    const folder = await temporaryFolder(t);
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const locked = join(folder, 'locked.key');
    const short = { key: join(folder, 'short.key'), certificate: join(folder, 'short.crt') };
    await run('openssl', ['pkey', '-in', key, '-aes256', '-passout', 'pass:secret', '-out', locked]);
    await run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:1024',
      '-noenc',
      '-subj',
      '/CN=x',
      '-keyout',
      short.key,
      '-out',
      short.certificate,
    ]);
    const damaged = await file('damaged.crt', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
    const wrong: readonly (readonly [Partial<TlsFiles>, string, RegExp])[] = [
      [{ key: join(folder, 'absent.key') }, 'GY304', /absent\.key cannot be read \(ENOENT\)/],
      [{ ca: folder }, 'GY304', /cannot be read \(EISDIR\)/],
      [{ certificate: key }, 'GY305', /holds no certificate/],
      [{ key: certificate }, 'GY305', /holds no private key/],
      [{ key: locked }, 'GY305', /locked\.key holds no private key in PEM form without a passphrase/],
      [{ ca: await file('empty.crt', '') }, 'GY305', /empty\.crt holds no certificate/],
      [{ certificate: damaged }, 'GY305', /damaged certificate/],
      [short, 'GY305', /key too small/],
      [{ key: made.client.key }, 'GY306', /CT1\.key is not the key of .*gantry\.crt/],
      [{ key: null }, 'GY306', /no key is not the key/],
    ];
    for (const [files, code, message] of wrong) {
      await assert.rejects(readTlsCredentials({ certificate, key, ca: null, ...files }), { code, message }, JSON.stringify(files));
    }
  });
});

describe('watched TLS files', () => {
  it('are told of once certificate and key are both there', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const folder = await temporaryFolder(t);
    const { told, log, watching } = await watch(t, await place(made.server, folder));
    const before = watching.current();
    await place(made.otherServer, folder);
    await until(() => told.length === 1, 'the change is told');
    assert.notDeepEqual(told[0], before);
    assert.deepEqual(watching.current(), told[0]);
    assert.deepEqual(log.lines.at(-1), 'info new TLS certificate in force');
  });

  it('may be swapped by a link, as those of a mounted secret are', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const mount = new Mount(await temporaryFolder(t));
    await mount.swap((folder) => place(made.server, folder));
    const { told, log } = await watch(t, mount.files);
    await mount.swap((folder) => place(made.otherServer, folder));
    await until(() => told.length === 1, 'the change is told');
    assert.equal(log.lines.length, 1);
  });

  it('stay in force while the new ones are broken or expired, which is logged once', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const mount = new Mount(await temporaryFolder(t));
    await mount.swap((folder) => place(made.server, folder));
    const { told, log, watching } = await watch(t, mount.files);
    const before = watching.current();
    const broken: readonly (readonly [string, (folder: string) => Promise<unknown>])[] = [
      ['GY306', (folder) => place({ certificate: made.otherServer.certificate, key: made.server.key }, folder)],
      ['GY305', (folder) => place({ certificate: made.server.key, key: made.server.key }, folder)],
      ['GY304', (folder) => copyFile(made.server.certificate, join(folder, 'tls.crt'))],
      ['GY307', (folder) => place(made.expiredClient, folder)],
    ];
    for (const [index, [code, fill]] of broken.entries()) {
      await mount.swap(fill);
      await until(() => log.lines.length === index + 1, code);
      assert.equal(log.lines.at(-1), `error ${code}`);
    }
    assert.deepEqual(told, []);
    assert.deepEqual(watching.current(), before);
    await mount.swap((folder) => place(made.otherServer, folder));
    await until(() => told.length === 1, 'good ones are taken again');
    assert.equal(log.lines.length, broken.length + 1);
  });

  it('are not judged while they are being replaced, and broken ones are logged once', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const folder = await temporaryFolder(t);
    const files = await place(made.server, folder);
    const read = readingsByHand(t);
    const { told, log } = await watch(t, files);
    const readings = async (count: number): Promise<void> => {
      for (let turn = 0; turn < count; turn += 1) await read();
    };
    await copyFile(made.otherServer.certificate, join(folder, 'tls.crt'));
    await readings(1);
    await copyFile(made.otherServer.key, join(folder, 'tls.key'));
    await readings(2);
    assert.deepEqual(log.lines, ['info new TLS certificate in force']);
    assert.equal(told.length, 1);
    await copyFile(made.server.key, join(folder, 'tls.key'));
    await readings(5);
    assert.deepEqual(log.lines.slice(1), ['error GY306']);
    assert.equal(told.length, 1);
  });

  it('are warned of at the start and each day from 30 days before they expire', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const soon = await made.authority.issue('soon', { days: 32 });
    t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.now() });
    const { log } = await watch(t, { ...soon, ca: null });
    const expected = [0, 1, 2];
    for (const lines of expected) {
      t.mock.timers.tick(dayMs);
      assert.equal(log.lines.length, lines, log.lines.join());
    }
    assert.ok(log.lines.every((line) => line === 'warn a TLS certificate expires soon'));
    for (let day = 0; day < 30; day += 1) t.mock.timers.tick(dayMs);
    assert.equal(log.lines.at(-1), 'error GY307');
    assert.equal((await watch(t, { ...soon, ca: made.authority.ca })).log.lines[0], 'error GY307', 'and at the start');
  });
});
