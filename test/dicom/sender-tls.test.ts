import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { echo, makePhantom, type PeerTls, readTlsCredentials, sendFiles } from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import { type Certificates, certificates } from './certificates.ts';
import { MemoryEngine } from './memory-engine.ts';
import { datasetOf } from './samples.ts';
import { startStoreScp, temporaryFolder } from './store-scp.ts';

const us = { callingAeTitle: 'GANTRY' };
const nothing: PeerTls = { ca: null, certificate: null, key: null, serverName: null };

/** A receiver of our own, which asks for certificates. */
async function start(t: TestContext, made: Certificates) {
  const engine = new MemoryEngine();
  const { port } = await engine.start(t, { tls: await readTlsCredentials({ ...made.server, ca: made.authority.ca }) });
  return { engine, peer: { aeTitle: 'GANTRY', host: '127.0.0.1', port } };
}

describe('sending with TLS', () => {
  it('delivers to storescp byte by byte, showing our certificate', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    const made = await certificates(t);
    if (dcmtk === null || made === null) return;
    const { certificate, key } = made.server;
    const scp = await startStoreScp(t, dcmtk.storescp, ['+tls', key, certificate, '+cf', made.authority.ca]);
    const { files } = await makePhantom({ folder: await temporaryFolder(t), slices: 2, size: 32 });
    const peer = { ...scp.peer, tls: { ...nothing, ...made.client, ca: made.authority.ca } };
    const results = await sendFiles(peer, files, us);
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['stored', 'stored'],
    );
    const [first] = await scp.stored();
    const sent = await Promise.all(files.map(({ path }) => datasetOf(path)));
    const stored = await datasetOf(first ?? '');
    assert.ok(sent.some((dataset) => dataset.equals(stored)));
  });

  it('speaks only to a peer whose certificate is of the authority and for its name', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const { engine, peer } = await start(t, made);
    const tls = { ...made.client, ca: made.authority.ca, serverName: null };
    const call = (changes: Partial<PeerTls>, host = peer.host) => echo({ ...peer, host, tls: { ...tls, ...changes } }, us);
    await call({});
    await call({}, 'localhost');
    await call({ serverName: 'localhost' });
    const wrong: readonly (readonly [Partial<PeerTls>, RegExp])[] = [
      [{ ca: made.foreignAuthority.ca }, /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY/],
      [{ ca: null }, /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY/],
      [{ serverName: 'pacs.example' }, /ERR_TLS_CERT_ALTNAME_INVALID/],
    ];
    for (const [changes, message] of wrong) await assert.rejects(call(changes), { code: 'GY337', message });
    assert.equal(engine.opened.length, 3);
  });

  it('says that it was TLS where the peer refuses our certificate, or speaks no TLS', async (t) => {
    const made = await certificates(t);
    if (made === null) return;
    const { peer } = await start(t, made);
    const tls = { ...nothing, ca: made.authority.ca };
    await assert.rejects(echo({ ...peer, tls }, us), { code: 'GY337', message: /CERTIFICATE_REQUIRED/ });
    const plain = await new MemoryEngine().start(t);
    await assert.rejects(echo({ ...peer, port: plain.port, tls }, us), { code: 'GY337' });
    await assert.rejects(echo(peer, us), { code: 'GY333' });
    await assert.rejects(echo({ ...peer, tls: { ...tls, ca: '/nowhere/ca.crt' } }, us), { code: 'GY304' });
  });
});
