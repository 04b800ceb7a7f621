import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { AssociationPlaces, echo, type ReceiverOptions, readFileFacts, readTlsCredentials } from '../../engine/dicom/index.ts';
import type { LogFields } from '../../engine/log/index.ts';
import { requirePeer } from '../peers/peers.ts';
import { type CertificateFiles, type Certificates, certificates, pem } from './certificates.ts';
import { MemoryEngine, until } from './memory-engine.ts';
import { associateRequest, RawPeer } from './raw-peer.ts';
import { datasetOf, makeSamples, run } from './samples.ts';
import { temporaryFolder } from './store-scp.ts';

type Started = Awaited<ReturnType<typeof start>>;

/** A receiver with TLS; `mutual` where it asks for certificates of the test authority. */
async function start(
  t: TestContext,
  made: Certificates,
  { mutual = false, ...options }: Partial<ReceiverOptions> & { readonly mutual?: boolean } = {},
) {
  const engine = new MemoryEngine();
  const warnings: LogFields[] = [];
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (message: string, fields: LogFields = {}) => void warnings.push({ message, ...fields }),
  };
  const tls = await readTlsCredentials({ ...made.server, ca: mutual ? made.authority.ca : null });
  const { receiver, port } = await engine.start(t, { tls, log, ...options });
  return { engine, receiver, port, made, address: ['127.0.0.1', `${port}`] as const, warnings };
}

/** C-ECHO is answered, and nothing of what was done before is left. */
async function assertHealthy({ engine, receiver, port, made }: Started): Promise<void> {
  await until(() => receiver.openAssociations() === 0, 'no open associations');
  const tls = { ...made.client, ca: made.authority.ca, serverName: null };
  assert.ok((await echo({ aeTitle: 'GANTRY', host: '127.0.0.1', port, tls }, { callingAeTitle: 'CT1' })).milliseconds > 0);
  await until(() => receiver.openAssociations() === 0, 'no open associations');
  assert.equal(engine.closed.length, engine.opened.length);
}

/** The protocol and suite of a handshake, or why there was none. */
async function handshake(port: number, options: ConnectionOptions = {}): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    return `${socket.getProtocol()} ${socket.getCipher().name}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    socket.destroy();
  }
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;
/** Options of dcmtk. */
const trusting = ({ authority }: Certificates): readonly string[] => ['+cf', authority.ca];
const showing = ({ certificate, key }: CertificateFiles): readonly string[] => ['+tls', key, certificate];
const anonymous = ['+tla'] as const;

describe('a receiver with TLS', () => {
  it('verifies and stores for dcmtk, byte by byte', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const made = await certificates(t);
    if (made === null) return;
    const started = await start(t, made);
    const { engine, address } = started;
    const folder = await temporaryFolder(t);
    const samples = await makeSamples(folder, dcmtk);
    assert.equal((await run(dcmtk.echoscu, ['-aec', 'GANTRY', ...anonymous, ...trusting(made), ...address])).exit, 0);
    for (const proposal of ['-xe', '-xs']) {
      const path = samples.get(proposal) ?? assert.fail();
      const { exit, output } = await run(dcmtk.storescu, [
        '-R',
        proposal,
        '-aec',
        'GANTRY',
        ...anonymous,
        ...trusting(made),
        ...address,
        path,
      ]);
      assert.equal(exit, 0, output);
      assert.ok(engine.stored.at(-1)?.data.equals(await datasetOf(path)), `${proposal} arrived as it is`);
      assert.equal(engine.stored.at(-1)?.transferSyntaxUid, (await readFileFacts(path)).transferSyntaxUid);
    }
    assert.deepEqual(engine.opened.at(-1)?.tls, { subject: null });
    await assertHealthy(started);
  });

  it('verifies and stores for pynetdicom, with a certificate and without', async (t) => {
    const pynetdicom = requirePeer(t, 'pynetdicom');
    const dcmtk = requirePeer(t, 'dcmtk');
    if (pynetdicom === null || dcmtk === null) return;
    const made = await certificates(t);
    if (made === null) return;
    const folder = await temporaryFolder(t);
    const path = (await makeSamples(folder, dcmtk)).get('-xe') ?? assert.fail();
    for (const mutual of [false, true]) {
      const started = await start(t, made, { mutual });
      const { certificate, key } = made.client;
      const args = [String(started.port), path, made.authority.ca, ...(mutual ? [certificate, key] : [])];
      const { exit, output } = await run(pynetdicom.python, [join(import.meta.dirname, 'tls-sender.py'), ...args]);
      assert.equal(exit, 0, output);
      assert.match(output, /^echo 0x0000 store 0x0000 TLSv1\.3$/m);
      assert.ok(started.engine.stored[0]?.data.equals(await datasetOf(path)));
      assert.deepEqual(started.engine.opened[0]?.tls, { subject: mutual ? 'CT1' : null });
      await assertHealthy(started);
    }
  });

  it('with an authority takes its clients and no others, tells the policy who they are, and the log who was refused', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const made = await certificates(t);
    if (made === null) return;
    const started = await start(t, made, { mutual: true });
    const { engine, address, warnings } = started;
    const call = (credentials: readonly string[]) => run(dcmtk.echoscu, ['-aec', 'GANTRY', ...credentials, ...trusting(made), ...address]);
    assert.equal((await call(showing(made.client))).exit, 0);
    assert.deepEqual(engine.opened[0]?.tls, { subject: 'CT1' });
    for (const credentials of [anonymous, showing(made.foreignClient), showing(made.expiredClient)]) {
      assert.notEqual((await call(credentials)).exit, 0, credentials.join(' '));
    }
    assert.equal(engine.opened.length, 1);
    assert.deepEqual(
      warnings.map(({ message, peer, why }) => [message, peer, why]),
      ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED'].map((why) => [
        'TLS handshake failed',
        '127.0.0.1',
        why,
      ]),
    );
    await assertHealthy(started);
  });

  it('speaks TLS 1.3 and 1.2, and refuses what is older or weak', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const started = await start(t, made);
    const { port } = started;
    assert.equal(await handshake(port), 'TLSv1.3 TLS_AES_256_GCM_SHA384');
    assert.equal(await handshake(port, { maxVersion: 'TLSv1.2' }), 'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384');
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
    assert.match(await handshake(port, old), /PROTOCOL_VERSION/);
    // Without authenticated encryption, and without forward secrecy.
    for (const ciphers of ['ECDHE-ECDSA-AES256-SHA384', 'ECDHE-ECDSA-AES128-SHA', 'AES256-GCM-SHA384']) {
      assert.match(await handshake(port, { maxVersion: 'TLSv1.2', ciphers }), /HANDSHAKE_FAILURE/, ciphers);
    }
    await assertHealthy(started);
  });

  it('closes plain peers within a second, and keeps no descriptor of them', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const started = await start(t, made);
    await assertHealthy(started);
    const before = descriptors();
    const startedAt = Date.now();
    const requests = [associateRequest(), Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(4_096, 0xff)];
    const peers = await Promise.all(Array.from({ length: 60 }, () => RawPeer.connect(started.port)));
    for (const [index, peer] of peers.entries()) peer.send(requests[index % 3] ?? Buffer.alloc(0));
    await Promise.all(peers.map(({ closed }) => closed));
    assert.ok(Date.now() - startedAt < 1_000, `${Date.now() - startedAt} ms`);
    await until(() => descriptors() <= before, 'descriptors are given back');
    // One line a minute for a peer and reason, not sixty.
    assert.ok(started.warnings.length >= 1 && started.warnings.length <= 3, JSON.stringify(started.warnings));
    assert.equal(started.engine.opened.length, 1);
    await assertHealthy(started);
  });

  it('ends handshakes that do not proceed', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const started = await start(t, made, { timers: { associateRequestMs: 150 } });
    const silent = await RawPeer.connect(started.port);
    const halting = await RawPeer.connect(started.port);
    // The beginning of a ClientHello of 512 bytes.
    halting.send(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    await Promise.all([silent.closed, halting.closed]);
    assert.equal(started.warnings[0]?.why, 'ERR_TLS_HANDSHAKE_TIMEOUT');
    await assertHealthy(started);
  });

  it('stops while a handshake is under way', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const { receiver, port } = await start(t, made);
    const silent = await RawPeer.connect(port);
    await receiver.stop();
    await silent.closed;
  });

  it('shows new peers a new certificate, and keeps the associations that are open', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const started = await start(t, made, { mutual: true });
    const { receiver, port } = started;
    const credentials = await pem(made.client);
    const options = { ...credentials, ca: await readFile(made.authority.ca, 'utf8') };
    const serial = async (): Promise<string> => {
      const peer = await RawPeer.associate(port, {}, { tls: options });
      const { serialNumber } = (peer.socket as TLSSocket).getPeerCertificate();
      await peer.release();
      return serialNumber;
    };
    const open = await RawPeer.associate(port, {}, { tls: options });
    const old = await serial();
    receiver.renewTls(await readTlsCredentials({ ...made.otherServer, ca: made.authority.ca }));
    assert.notEqual(await serial(), old);
    assert.equal(await open.echo(), 0);
    await open.release();
    // What the authority and the profile ask for holds for the new one too.
    assert.match(
      await handshake(port, { ...credentials, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
      /VERSION/,
    );
    const foreign = await RawPeer.connect(port, { tls: { ...(await pem(made.foreignClient)), rejectUnauthorized: false } });
    assert.equal(await foreign.next(), null);
    receiver.renewTls(await readTlsCredentials({ ...made.server, ca: made.foreignAuthority.ca }));
    assert.equal(await started.engine.opened.length, 3);
    const former = await RawPeer.connect(port, { tls: { ...credentials, rejectUnauthorized: false } });
    assert.equal(await former.next(), null, 'a client of the authority before is refused');
  });

  it('counts its associations together with those of a plain port', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const places = new AssociationPlaces(1);
    const secure = await start(t, made, { maxAssociations: places });
    const plain = await secure.engine.start(t, { maxAssociations: places });
    const tls = { ca: await readFile(made.authority.ca, 'utf8') };
    const first = await RawPeer.associate(plain.port);
    const rejected = await RawPeer.connect(secure.port, { tls });
    rejected.send(associateRequest());
    const answer = (await rejected.next()) ?? assert.fail();
    assert.deepEqual([answer.type, ...answer.body.subarray(1)], [0x03, 2, 3, 2]);
    await first.release();
    await until(() => secure.receiver.openAssociations() === 0, 'the place is free');
    await (await RawPeer.associate(secure.port, {}, { tls })).release();
    assert.deepEqual(
      secure.engine.opened.map((association) => association.tls),
      [null, { subject: null }],
    );
  });
});

describe('a receiver without TLS', () => {
  it('ends a connection that begins with TLS, and goes on', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    assert.match(await handshake(port), /ECONNRESET|ERR_SSL/);
    await engine.assertHealthy(receiver, port);
  });

  it('aborts at the first byte of a ClientHello', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const peer = await RawPeer.connect(port);
    peer.send(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    assert.equal((await peer.next())?.type, 0x07);
    await peer.closed;
    await engine.assertHealthy(receiver, port);
  });
});
