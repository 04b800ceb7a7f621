import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { requirePeer } from '../peers/peers.ts';
import { datasetHash } from './dataset.ts';
import { type EncodedFile, encodedStudy } from './encodings.ts';
import type { Gantry } from './gantry-process.ts';
import { Orthanc } from './orthanc.ts';
import { dcmtkSend, pynetdicomSend } from './senders.ts';
import { Site } from './site.ts';
import { StoreScp } from './store-scp.ts';
import { removeFolder, temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

/** Batches end when the test has looked at what is held, and says so. */
const forward = (calledAeTitle: string): string => `
workflow: forward-${calledAeTitle.toLowerCase()}
on: { received: { calledAeTitle: ${calledAeTitle} } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 20m, limit: 30m } }
  - { id: out, uses: dicom/export, with: { destinations: [BYTES, ORTHANC] } }
`;

describe('instances in any transfer syntax', () => {
  let site: Site;
  let gantry: Gantry;
  let bytes: StoreScp;
  let orthanc: Orthanc;
  let folder: string;

  before(async () => {
    folder = await temporaryFolder();
    bytes = await StoreScp.make(join(folder, 'storescp'));
    orthanc = await Orthanc.make(join(folder, 'orthanc'));
    site = await Site.open({
      destinations: { BYTES: bytes.destination, ORTHANC: orthanc.destination },
      workflows: { dcmtk: forward('DCMTK'), pynetdicom: forward('PYNETDICOM') },
    });
    gantry = await site.start();
  });
  after(async () => {
    await site.close();
    await bytes.stop();
    await orthanc.stop();
    await removeFolder(folder);
  });

  async function startDestinations(t: TestContext) {
    const dcmtk = requirePeer(t, 'dcmtk');
    const gdcm = requirePeer(t, 'gdcm');
    const server = requirePeer(t, 'orthanc');
    if (dcmtk === null || gdcm === null || server === null) return null;
    await bytes.start(dcmtk.storescp, '+B', '+xa');
    await orthanc.start(server.Orthanc);
    return { ...dcmtk, ...gdcm };
  }

  async function seeThrough(calledAeTitle: string, studyInstanceUid: string, files: readonly EncodedFile[]): Promise<void> {
    const rows = await site.instances({ studyInstanceUid });
    const sent = files.map(({ sopInstanceUid, transferSyntaxUid, sha256 }) => ({ sopInstanceUid, transferSyntaxUid, sha256 }));
    const held = await Promise.all(
      rows.map(async (row) => ({
        sopInstanceUid: row.sopInstanceUid,
        transferSyntaxUid: row.transferSyntaxUid,
        sha256: await datasetHash(site.storedPath(row)),
      })),
    );
    assert.deepEqual(byUid(held), byUid(sent), 'held in storage as sent');

    const workflowId = `forward-${calledAeTitle.toLowerCase()}/${calledAeTitle}/${studyInstanceUid}`;
    await gantry.complete(workflowId, files.length);
    const run = await gantry.ended(workflowId);
    assert.equal(run.status, 'COMPLETED', JSON.stringify(run.steps));

    const stored = await Promise.all((await bytes.files()).map(async (path) => [basename(path), await datasetHash(path)] as const));
    for (const { name, sopInstanceUid, sha256 } of files) {
      const [, hash] = stored.find(([file]) => file.includes(sopInstanceUid)) ?? [];
      assert.equal(hash, sha256, `${name} arrives at storescp +B as sent`);
    }
    const syntaxes = await orthanc.transferSyntaxes();
    for (const { name, sopInstanceUid, transferSyntaxUid } of files)
      assert.equal(syntaxes[sopInstanceUid], transferSyntaxUid, `${name} at Orthanc`);
    await until('the files to be reclaimed', async () => (await site.storedFiles()).length === 0);
  }

  it('are kept and sent on byte for byte when dcmtk sends them', async (t) => {
    const programs = await startDestinations(t);
    if (programs === null) return;
    const { studyInstanceUid, files } = await encodedStudy(join(folder, 'from-dcmtk'), programs);
    for (const { name, propose, path } of files) {
      const { status, stderr } = await dcmtkSend(programs.storescu, gantry, { to: 'DCMTK', args: ['-R', propose] }, path);
      assert.equal(status, 0, `${name}: ${stderr}`);
    }
    await seeThrough('DCMTK', studyInstanceUid, files);
  });

  it('are kept and sent on byte for byte when pynetdicom sends them, all in one association', async (t) => {
    const python = requirePeer(t, 'pynetdicom');
    const programs = await startDestinations(t);
    if (programs === null || python === null) return;
    const { studyInstanceUid, files } = await encodedStudy(join(folder, 'from-pynetdicom'), programs);
    const paths = files.map(({ path }) => path);
    const { status, stderr } = await pynetdicomSend(python.python, gantry, { to: 'PYNETDICOM', args: ['-cx'] }, ...paths);
    assert.equal(status, 0, stderr);
    await seeThrough('PYNETDICOM', studyInstanceUid, files);
  });
});

const byUid = <T extends { readonly sopInstanceUid: string }>(rows: readonly T[]): readonly T[] =>
  rows.toSorted((a, b) => (a.sopInstanceUid < b.sopInstanceUid ? -1 : 1));
