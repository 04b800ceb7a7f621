import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { isValidUid, makePhantom, type PhantomOptions, readAttributes, readFileFacts } from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import { temporaryFolder } from './store-scp.ts';

const run = promisify(execFile);

async function make(t: TestContext, options: Omit<PhantomOptions, 'folder'>) {
  return makePhantom({ size: 32, ...options, folder: join(await temporaryFolder(t), 'study') });
}

/** Hounsfield units of a slice, by the file's own rescale attributes. */
async function hounsfield(path: string): Promise<Int16Array> {
  const { Rows, Columns, RescaleIntercept, RescaleSlope } = await readAttributes(path, [
    'Rows',
    'Columns',
    'RescaleIntercept',
    'RescaleSlope',
  ]);
  const bytes = await readFile(path);
  const pixels = Number(Rows) * Number(Columns);
  return Int16Array.from(
    { length: pixels },
    (_, index) => bytes.readInt16LE(bytes.length - (pixels - index) * 2) * Number(RescaleSlope) + Number(RescaleIntercept),
  );
}

describe('the phantom', () => {
  it('is one study of as many slices and series as are asked for', async (t) => {
    const told: number[] = [];
    const { studyInstanceUid, seriesInstanceUids, files } = await make(t, {
      slices: 3,
      seriesCount: 2,
      onSlice: (_, done, total) => told.push(done / total),
    });
    assert.equal(files.length, 6);
    assert.equal(new Set(seriesInstanceUids).size, 2);
    assert.deepEqual(
      told,
      [1, 2, 3, 4, 5, 6].map((done) => done / 6),
    );
    for (const [index, file] of files.entries()) {
      assert.equal(file.seriesInstanceUid, seriesInstanceUids[index < 3 ? 0 : 1]);
      const { datasetOffset: _, ...facts } = await readFileFacts(file.path);
      assert.deepEqual(facts, {
        sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
        sopInstanceUid: file.sopInstanceUid,
        studyInstanceUid,
        seriesInstanceUid: file.seriesInstanceUid,
        modality: 'CT',
        transferSyntaxUid: file.transferSyntaxUid,
      });
    }
    assert.ok([studyInstanceUid, ...seriesInstanceUids, ...files.map(({ sopInstanceUid }) => sopInstanceUid)].every(isValidUid));
  });

  it('is of no person', async (t) => {
    const { files } = await make(t, { slices: 1 });
    assert.deepEqual(await readAttributes(files[0]?.path ?? assert.fail(), ['PatientName', 'PatientID', 'PatientBirthDate']), {
      PatientName: 'PHANTOM^GANTRY',
      PatientID: 'PHANTOM',
      PatientBirthDate: null,
    });
  });

  it('has air around it, lungs, tissue, bone and a nodule in it', async (t) => {
    const { files } = await make(t, { slices: 3, size: 128 });
    const image = await hounsfield(files[1]?.path ?? assert.fail());
    const at = (xMm: number, yMm: number): number =>
      image[Math.round(yMm / 2.8125 + 63.5) * 128 + Math.round(xMm / 2.8125 + 63.5)] ?? assert.fail();
    const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 120, `${value} is near ${expected}`);
    near(at(-170, -170), -1_000);
    near(at(-90, -40), -860);
    near(at(0, -60), 45);
    near(at(-84, 22), 40);
    assert.ok(Math.max(...image) > 200);
  });

  it('lies in space as the attributes say, at most 2.5 mm apart', async (t) => {
    const few = await make(t, { slices: 3 });
    const positions = await Promise.all(
      few.files.map(async ({ path }) => (await readAttributes(path, ['ImagePositionPatient'])).ImagePositionPatient),
    );
    assert.deepEqual(
      positions.map((position) => (Array.isArray(position) ? position[2] : assert.fail())),
      [-2.5, 0, 2.5],
    );
    const many = await make(t, { slices: 600, size: 16 });
    assert.deepEqual(await readAttributes(many.files[0]?.path ?? assert.fail(), ['SliceThickness', 'PixelSpacing']), {
      SliceThickness: 0.5,
      PixelSpacing: [22.5, 22.5],
    });
  });

  it('is the same for the same seed, and another for another', async (t) => {
    const image = async (options: Partial<PhantomOptions>) =>
      hounsfield((await make(t, { slices: 1, ...options })).files[0]?.path ?? assert.fail());
    assert.deepEqual(await image({ seed: 7 }), await image({ seed: 7 }));
    assert.notDeepEqual(await image({ seed: 7 }), await image({ seed: 8 }));
  });

  it('has new UIDs each time, and the same for the same text', async (t) => {
    const study = async (uidSeed?: string) =>
      (await make(t, { slices: 1, ...(uidSeed === undefined ? {} : { uidSeed }) })).studyInstanceUid;
    assert.notEqual(await study(), await study());
    assert.equal(await study('demo'), await study('demo'));
    assert.notEqual(await study('demo'), await study('other'));
    const [first, second] = [await make(t, { slices: 2, uidSeed: 'bytes' }), await make(t, { slices: 2, uidSeed: 'bytes' })];
    for (const [index, { path }] of first.files.entries()) {
      assert.deepEqual(await readFile(path), await readFile(second.files[index]?.path ?? assert.fail()));
    }
  });

  for (const transferSyntaxUid of ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'] as const) {
    it(`is DICOM that dcmtk reads without a warning, in ${transferSyntaxUid}`, async (t) => {
      const dcmtk = requirePeer(t, 'dcmtk');
      if (dcmtk === null) return;
      const { files } = await make(t, { slices: 1, transferSyntaxUid });
      const { stdout, stderr } = await run(dcmtk.dcmdump, [files[0]?.path ?? assert.fail()]);
      assert.equal(stderr, '');
      assert.match(stdout, /\(7fe0,0010\) OW .* # 2048, 1 PixelData/);
      assert.doesNotMatch(stdout, /^[WE]:/m);
    });
  }

  it('is not made where no study can be like that', async (t) => {
    for (const options of [{ slices: 0 }, { slices: 1.5 }, { slices: Number.NaN }, { slices: 1, size: 8 }, { slices: 1, seriesCount: 0 }]) {
      await assert.rejects(make(t, options), { code: 'GY350' });
    }
  });

  it('makes its folder', async (t) => {
    const folder = join(await temporaryFolder(t), 'deep', 'study');
    await makePhantom({ folder, slices: 2, size: 16 });
    assert.deepEqual(await readdir(folder), ['s1-00001.dcm', 's1-00002.dcm']);
  });
});
