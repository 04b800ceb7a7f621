import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import {
  echo,
  makePhantom,
  type OutgoingFile,
  type PhantomOptions,
  readFileFacts,
  type SendResult,
  sendFiles,
} from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import { freePort, startStoreScp, temporaryFolder } from './store-scp.ts';

const run = promisify(execFile);
const us = { callingAeTitle: 'GANTRY' };
const implicit = '1.2.840.10008.1.2';

async function phantom(t: TestContext, options: Omit<PhantomOptions, 'folder'>): Promise<readonly OutgoingFile[]> {
  return (await makePhantom({ size: 32, ...options, folder: await temporaryFolder(t) })).files;
}

/** Of a dataset's bytes; dcmtk does not fill up what it deflates to an even number of them (PS3.5 §A.5), which it then has to be on the wire. */
async function datasetHash(path: string): Promise<string> {
  const { datasetOffset } = await readFileFacts(path);
  const dataset = (await readFile(path)).subarray(datasetOffset);
  return createHash('sha256')
    .update(dataset)
    .update(Buffer.alloc(dataset.length % 2))
    .digest('hex');
}

async function hashes(paths: readonly string[]): Promise<ReadonlyMap<string | null, string>> {
  return new Map(
    await Promise.all(paths.map(async (path) => [(await readFileFacts(path)).sopInstanceUid, await datasetHash(path)] as const)),
  );
}

const outcomes = (results: readonly SendResult[]) => results.map(({ outcome }) => outcome);

describe('sending to storescp', () => {
  it('delivers the dataset bytes as they are, in each transfer syntax', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const files = await phantom(t, { slices: 6, size: 64 });
    const conversions: readonly (readonly [string, ...string[]])[] = [
      [dcmtk.dcmconv, '+te'],
      [dcmtk.dcmconv, '+ti'],
      [dcmtk.dcmconv, '+tb'],
      [dcmtk.dcmconv, '+td'],
      [dcmtk.dcmcrle],
      [dcmtk.dcmcjpeg, '+e1'],
    ];
    const sent = await Promise.all(
      files.map(async (file, index): Promise<OutgoingFile> => {
        const [program, ...args] = conversions[index] ?? assert.fail();
        await run(program, [...args, file.path, `${file.path}.converted`]);
        await rename(`${file.path}.converted`, file.path);
        const { transferSyntaxUid } = await readFileFacts(file.path);
        return { ...file, transferSyntaxUid };
      }),
    );
    assert.equal(new Set(sent.map(({ transferSyntaxUid }) => transferSyntaxUid)).size, 6);

    const scp = await startStoreScp(t, dcmtk.storescp, ['+B', '+xa']);
    const results = await sendFiles(scp.peer, sent, us);
    assert.deepEqual(
      results,
      sent.map(({ sopInstanceUid }) => ({ sopInstanceUid, outcome: 'stored', status: 0, detail: null })),
    );
    assert.deepEqual(await hashes(await scp.stored()), await hashes(sent.map(({ path }) => path)));
  });

  it('fills up a deflated dataset of an odd number of bytes, which dcmtk would not take', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const files = await phantom(t, { slices: 12, size: 32 });
    const sent: OutgoingFile[] = [];
    for (const file of files) {
      await run(dcmtk.dcmconv, ['+td', file.path, `${file.path}.deflated`]);
      sent.push({ ...file, path: `${file.path}.deflated`, transferSyntaxUid: '1.2.840.10008.1.2.1.99' });
    }
    const scp = await startStoreScp(t, dcmtk.storescp, ['+B', '+xd']);
    assert.deepEqual(new Set(outcomes(await sendFiles(scp.peer, sent, us))), new Set(['stored']));
    assert.deepEqual(await hashes(await scp.stored()), await hashes(sent.map(({ path }) => path)));
  });

  it('keeps to a small maximum PDU length of the peer', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const files = await phantom(t, { slices: 2, size: 128 });
    const scp = await startStoreScp(t, dcmtk.storescp, ['+B', '-pdu', '4096']);
    assert.deepEqual(outcomes(await sendFiles(scp.peer, files, us)), ['stored', 'stored']);
    assert.deepEqual(await hashes(await scp.stored()), await hashes(files.map(({ path }) => path)));
  });

  it('refuses each instance whose transfer syntax the peer does not take, and sends the others', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const [explicitFile = assert.fail()] = await phantom(t, { slices: 1 });
    const [implicitFile = assert.fail()] = await phantom(t, { slices: 1, transferSyntaxUid: implicit });
    const scp = await startStoreScp(t, dcmtk.storescp, ['+B', '+xi']);
    const results = await sendFiles(scp.peer, [explicitFile, implicitFile], us);
    assert.deepEqual(results, [
      {
        sopInstanceUid: explicitFile.sopInstanceUid,
        outcome: 'refused',
        status: null,
        detail: 'transfer syntax refused: 1.2.840.10008.1.2.1 (Explicit VR Little Endian)',
      },
      { sopInstanceUid: implicitFile.sopInstanceUid, outcome: 'stored', status: 0, detail: null },
    ]);
  });

  it('says which SOP class the peer does not take', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const [file = assert.fail()] = await phantom(t, { slices: 1 });
    const scp = await startStoreScp(t, dcmtk.storescp, ['+B']);
    const [result] = await sendFiles(scp.peer, [{ ...file, sopClassUid: '1.2.3.4' }], us);
    assert.deepEqual([result?.outcome, result?.detail], ['refused', 'SOP class refused: 1.2.3.4']);
  });

  it('uses several associations at once, and answers in the order of the files', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const files = await phantom(t, { slices: 20 });
    const scp = await startStoreScp(t, dcmtk.storescp, ['+B', '--fork']);
    const told: string[] = [];
    const results = await sendFiles(scp.peer, files, {
      ...us,
      associations: 3,
      onResult: ({ sopInstanceUid }) => told.push(sopInstanceUid),
    });
    const uids = files.map(({ sopInstanceUid }) => sopInstanceUid);
    assert.deepEqual(
      results.map(({ sopInstanceUid }) => sopInstanceUid),
      uids,
    );
    assert.deepEqual(new Set(outcomes(results)), new Set(['stored']));
    assert.deepEqual(told.toSorted(), uids.toSorted());
    assert.equal((await scp.stored()).length, 20);
  });

  it('throws where the association is refused', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const files = await phantom(t, { slices: 1 });
    const scp = await startStoreScp(t, dcmtk.storescp, ['--refuse']);
    await assert.rejects(sendFiles(scp.peer, files, us), { code: 'GY332', message: /rejected the association: .+ \(1\/\d\/\d\)/ });
    await assert.rejects(echo(scp.peer, us), { code: 'GY332' });
  });

  for (const when of ['--abort-after', '--abort-during']) {
    it(`accounts for every instance with a peer that aborts (${when})`, async (t) => {
      const dcmtk = requirePeer(t, 'dcmtk');
      if (dcmtk === null) return;
      const files = await phantom(t, { slices: 3 });
      const scp = await startStoreScp(t, dcmtk.storescp, ['+B', when]);
      const results = await sendFiles(scp.peer, files, us);
      assert.deepEqual(outcomes(results), ['unsent', 'unsent', 'unsent']);
      assert.match(results[0]?.detail ?? '', /the peer (aborted the association|closed the connection)/);
    });
  }

  it('verifies with C-ECHO', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const scp = await startStoreScp(t, dcmtk.storescp, []);
    const { milliseconds } = await echo(scp.peer, us);
    assert.ok(milliseconds > 0 && milliseconds < 10_000);
  });
});

describe('sending to nobody', () => {
  it('says that the connection was refused', async (t) => {
    const files = await phantom(t, { slices: 1 });
    const peer = { aeTitle: 'NOBODY', host: '127.0.0.1', port: await freePort() };
    const refused = { code: 'GY330', message: `127.0.0.1:${peer.port} cannot be reached: the connection was refused` };
    await assert.rejects(sendFiles(peer, files, us), refused);
    await assert.rejects(echo(peer, us), refused);
  });

  it('connects for nothing where there is nothing to send', async () => {
    assert.deepEqual(await sendFiles({ aeTitle: 'NOBODY', host: '127.0.0.1', port: 1 }, [], us), []);
  });

  it('does not let an AE title through that would shift the request', async () => {
    const peer = { aeTitle: 'SEVENTEEN-LETTERS', host: '127.0.0.1', port: 1 };
    await assert.rejects(echo(peer, us), { code: 'GY336' });
    await assert.rejects(echo({ ...peer, aeTitle: 'OK' }, { callingAeTitle: '  ' }), { code: 'GY336' });
  });
});
