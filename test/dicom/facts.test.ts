import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFile } from 'node:child_process';
import { appendFile, mkdir, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { type DicomElement, type DicomFile, makePhantom, readAttributes, readFileFacts, writeDicomFile } from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import { temporaryFolder } from './store-scp.ts';

const run = promisify(execFile);
const implicit = '1.2.840.10008.1.2';
const explicit = '1.2.840.10008.1.2.1';

const identity: readonly DicomElement[] = [
  { tag: 0x00080016, vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.7' },
  { tag: 0x00080018, vr: 'UI', value: '1.2.3.4' },
  { tag: 0x00080060, vr: 'CS', value: 'OT' },
  { tag: 0x0020000d, vr: 'UI', value: '1.2.3' },
  { tag: 0x0020000e, vr: 'UI', value: '1.2.3.5' },
];
const facts = {
  sopClassUid: '1.2.840.10008.5.1.4.1.1.7',
  sopInstanceUid: '1.2.3.4',
  studyInstanceUid: '1.2.3',
  seriesInstanceUid: '1.2.3.5',
  modality: 'OT',
};

/** Elements replace those of the identity that have their tags. */
async function write(
  t: TestContext,
  elements: readonly DicomElement[],
  transferSyntaxUid: DicomFile['transferSyntaxUid'] = explicit,
): Promise<string> {
  const path = join(await temporaryFolder(t), 'file.dcm');
  const others = identity.filter(({ tag }) => elements.every((element) => element.tag !== tag));
  await writeDicomFile(path, { sopClassUid: '1.2', sopInstanceUid: '1.2.3.4', transferSyntaxUid, elements: [...others, ...elements] });
  return path;
}

describe('facts of a file', () => {
  it('are the same in each transfer syntax', async (t) => {
    const dcmtk = requirePeer(t, 'dcmtk');
    if (dcmtk === null) return;
    const folder = await temporaryFolder(t);
    const { studyInstanceUid, seriesInstanceUids, files } = await makePhantom({ folder, slices: 1, size: 32 });
    const [original = assert.fail()] = files;
    const conversions: Readonly<Record<string, readonly [string, ...string[]]>> = {
      [explicit]: [dcmtk.dcmconv, '+te'],
      [implicit]: [dcmtk.dcmconv, '+ti'],
      '1.2.840.10008.1.2.2': [dcmtk.dcmconv, '+tb'],
      '1.2.840.10008.1.2.1.99': [dcmtk.dcmconv, '+td'],
      '1.2.840.10008.1.2.5': [dcmtk.dcmcrle],
      '1.2.840.10008.1.2.4.70': [dcmtk.dcmcjpeg, '+e1'],
    };
    for (const [transferSyntaxUid, [program, ...args]] of Object.entries(conversions)) {
      const path = join(folder, `${transferSyntaxUid}.dcm`);
      await run(program, [...args, original.path, path]);
      const { datasetOffset, ...rest } = await readFileFacts(path);
      assert.ok(datasetOffset > 132 && datasetOffset < 1_000);
      assert.deepEqual(rest, {
        sopClassUid: original.sopClassUid,
        sopInstanceUid: original.sopInstanceUid,
        studyInstanceUid,
        seriesInstanceUid: seriesInstanceUids[0],
        modality: 'CT',
        transferSyntaxUid,
      });
      assert.deepEqual(
        await readAttributes(path, [
          'PatientName',
          'SliceThickness',
          'Rows',
          'ImageType',
          'WindowCenter',
          'AccessionNumber',
          'StationName',
          'PixelData',
        ]),
        {
          PatientName: 'PHANTOM^GANTRY',
          SliceThickness: 2.5,
          Rows: 32,
          ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
          WindowCenter: [40, -600],
          AccessionNumber: 'PHANTOM',
          StationName: null,
          PixelData: null,
        },
        transferSyntaxUid,
      );
    }
  });

  it('say where the dataset begins', async (t) => {
    const path = await write(t, []);
    const { datasetOffset } = await readFileFacts(path);
    const bytes = await readFile(path);
    assert.deepEqual(bytes.subarray(datasetOffset, datasetOffset + 4), Buffer.from([8, 0, 0x16, 0]));
  });

  for (const transferSyntaxUid of [explicit, implicit] as const) {
    it(`are found behind sequences of every form, in ${transferSyntaxUid}`, async (t) => {
      const nested = (depth: number, undefinedLength: boolean): DicomElement => ({
        tag: 0x00091001,
        vr: 'SQ',
        undefinedLength,
        items:
          depth === 0
            ? [[{ tag: 0x0020000d, vr: 'UI', value: '9.9.9' }], []]
            : [[nested(depth - 1, !undefinedLength)], [nested(0, undefinedLength)]],
      });
      const path = await write(
        t,
        [
          { tag: 0x00090010, vr: 'LO', value: 'GANTRY TEST' },
          nested(5, true),
          { ...nested(5, false), tag: 0x00091002 },
          { tag: 0x00091003, vr: 'SQ', items: [], undefinedLength: true },
          { tag: 0x00091004, vr: 'SQ', items: [] },
          { tag: 0x00091005, vr: 'UN', value: Buffer.alloc(300_000, 0xfe) },
          { tag: 0x00091006, vr: 'OB', value: Buffer.alloc(3_000_000) },
        ],
        transferSyntaxUid,
      );
      const { datasetOffset: _, ...rest } = await readFileFacts(path);
      assert.deepEqual(rest, { ...facts, transferSyntaxUid });
    });
  }

  it('are found behind a hundred large private elements', async (t) => {
    const large = Array.from(
      { length: 100 },
      (_, index): DicomElement => ({ tag: 0x00091001 + index, vr: 'UN', value: Buffer.alloc(80_000) }),
    );
    assert.equal((await readFileFacts(await write(t, large))).studyInstanceUid, '1.2.3');
  });

  it('are found behind a UN of undefined length, which is in implicit VR whatever is around it', async (t) => {
    const path = await write(t, []);
    const bytes = await readFile(path);
    const at = bytes.indexOf(Buffer.from([0x20, 0x00, 0x0d, 0x00]));
    const implicitSequence = Buffer.from(
      '0900 0110 554e 0000 ffffffff feff00e0 ffffffff 1000 1000 04000000 41424344 feff0de0 00000000 feffdde0 00000000'.replaceAll(' ', ''),
      'hex',
    );
    await writeFile(path, Buffer.concat([bytes.subarray(0, at), implicitSequence, bytes.subarray(at)]));
    assert.equal((await readFileFacts(path)).studyInstanceUid, '1.2.3');
  });

  it('are null where they are absent or empty', async (t) => {
    const path = join(await temporaryFolder(t), 'empty.dcm');
    const elements: readonly DicomElement[] = [
      { tag: 0x00080018, vr: 'UI', value: '' },
      { tag: 0x00100010, vr: 'PN', value: 'A' },
    ];
    await writeDicomFile(path, { sopClassUid: '1.2', sopInstanceUid: '1.3', transferSyntaxUid: explicit, elements });
    const { datasetOffset: _, ...rest } = await readFileFacts(path);
    assert.deepEqual(rest, {
      sopClassUid: null,
      sopInstanceUid: null,
      studyInstanceUid: null,
      seriesInstanceUid: null,
      modality: null,
      transferSyntaxUid: explicit,
    });
  });

  it('come from the elements, where the meta header counts itself wrongly', async (t) => {
    const path = await write(t, []);
    const { datasetOffset } = await readFileFacts(path);
    const handle = await open(path, 'r+');
    await handle.write(Buffer.from([0xff, 0xff, 0, 0]), 0, 4, 140);
    await handle.close();
    assert.equal((await readFileFacts(path)).datasetOffset, datasetOffset);
    assert.equal((await readFileFacts(path)).seriesInstanceUid, '1.2.3.5');
  });

  it('are found where a file says explicit VR and is not', async (t) => {
    const path = await write(t, [], implicit);
    await relabel(path, implicit, '1.2.840.10008.1.2.5');
    const { transferSyntaxUid, studyInstanceUid } = await readFileFacts(path);
    assert.deepEqual([transferSyntaxUid, studyInstanceUid], ['1.2.840.10008.1.2.5', '1.2.3']);
  });

  it('take a modality only where it can be one', async (t) => {
    const modality = async (value: string) => (await readFileFacts(await write(t, [{ tag: 0x00080060, vr: 'CS', value }]))).modality;
    assert.equal(await modality('MR'), 'MR');
    assert.equal(await modality('CT\\MR'), null);
    assert.equal(await modality('M\u0001R'), null);
    assert.equal(await modality('A'.repeat(17)), null);
  });
});

describe('attributes of a file', () => {
  const read = async (t: TestContext, elements: readonly DicomElement[], ...keywords: string[]) =>
    readAttributes(await write(t, elements), keywords);

  it('are numbers, texts or lists of them, by their value representation', async (t) => {
    const elements: readonly DicomElement[] = [
      { tag: 0x00100010, vr: 'PN', value: 'DOE^JOHN ' },
      { tag: 0x00180050, vr: 'DS', value: ' 1.250 ' },
      { tag: 0x00180088, vr: 'DS', value: '1e-3' },
      { tag: 0x00200013, vr: 'IS', value: '+7' },
      { tag: 0x00280030, vr: 'DS', value: '0.5\\-.25' },
      { tag: 0x00280103, vr: 'US', value: 1 },
      { tag: 0x00280009, vr: 'UN', value: Buffer.alloc(4) },
      { tag: 0x00189219, vr: 'SS', value: [-3, 4] },
      { tag: 0x00186020, vr: 'SL', value: -70_000 },
      { tag: 0x00189073, vr: 'FD', value: 1.5 },
      { tag: 0x00189459, vr: 'FL', value: Number.NaN },
      { tag: 0x00204000, vr: 'LT', value: ' keeps\\its backslash ' },
      { tag: 0x00081030, vr: 'LO', value: 'A\\\\B' },
      { tag: 0x00181151, vr: 'IS', value: 'many' },
      { tag: 0x00081140, vr: 'SQ', items: [[]] },
    ];
    assert.deepEqual(
      await read(
        t,
        elements,
        ...['PatientName', 'SliceThickness', 'SpacingBetweenSlices', 'InstanceNumber', 'PixelSpacing', 'PixelRepresentation'],
        ...['FrameIncrementPointer', 'TagAngleSecondAxis', 'ReferencePixelX0', 'AcquisitionDuration', 'ImageComments'],
        ...['StudyDescription', 'XRayTubeCurrent', 'ReferencedImageSequence', 'PatientID'],
      ),
      {
        PatientName: 'DOE^JOHN',
        SliceThickness: 1.25,
        SpacingBetweenSlices: 0.001,
        InstanceNumber: 7,
        PixelSpacing: [0.5, -0.25],
        PixelRepresentation: 1,
        FrameIncrementPointer: '00000000',
        TagAngleSecondAxis: [-3, 4],
        ReferencePixelX0: -70_000,
        AcquisitionDuration: 1.5,
        ImageComments: 'keeps\\its backslash',
        StudyDescription: ['A', '', 'B'],
        XRayTubeCurrent: null,
        ReferencedImageSequence: null,
        PatientID: null,
      },
    );
  });

  const names: Readonly<Record<string, readonly [set: string, bytes: string, text: string]>> = {
    'Latin-1': ['ISO_IR 100', '4ce4', 'Lä'],
    'UTF-8': ['ISO_IR 192', '4cc3a4', 'Lä'],
    Cyrillic: ['ISO_IR 144', 'bbee', 'Лю'.replace('ю', 'ю')],
    Greek: ['ISO_IR 126', 'c4e9', 'Δι'],
    Chinese: ['GB18030', 'cdf5', '王'],
    Japanese: ['\\ISO 2022 IR 87', '1b24423b3345441b2842', '山田'],
    'Japanese with katakana': ['ISO 2022 IR 13\\ISO 2022 IR 87', 'd4cf1b24423b331b284a', 'ﾔﾏ山'],
    Korean: ['\\ISO 2022 IR 149', '1b242943b1e8', '김'],
    'no known set': ['ISO_IR 999', '4ce4', 'Lä'],
    'no set at all': ['', '4ce4', 'Lä'],
  };
  for (const [language, [set, bytes, text]] of Object.entries(names)) {
    it(`are read in the character set of ${language}`, async (t) => {
      const path = await write(t, [
        { tag: 0x00080005, vr: 'CS', value: set },
        { tag: 0x00100010, vr: 'PN', value: 'X'.repeat(bytes.length / 2) },
      ]);
      const file = await readFile(path);
      const placeholder = file.indexOf('XX');
      Buffer.from(bytes, 'hex').copy(file, placeholder);
      await writeFile(path, file);
      assert.deepEqual(await readAttributes(path, ['PatientName']), { PatientName: text });
    });
  }

  it('have to be in the data dictionary', async (t) => {
    await assert.rejects(read(t, [], 'PatientNmae'), { code: 'GY343', message: /"PatientNmae"/ });
  });

  it('are nothing where nothing is asked for', async (t) => {
    assert.deepEqual(await read(t, []), {});
  });
});

describe('a file that is damaged', () => {
  it('is not read where it is no DICOM', async (t) => {
    const folder = await temporaryFolder(t);
    const file = async (name: string, bytes: Buffer): Promise<string> => {
      await writeFile(join(folder, name), bytes);
      return join(folder, name);
    };
    const prefix = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]);
    for (const path of [
      await file('empty', Buffer.alloc(0)),
      await file('short', Buffer.alloc(100)),
      await file('text', Buffer.from('not DICOM at all '.repeat(20))),
      await file('prefix only', prefix),
      await file('no meta header', Buffer.concat([prefix, Buffer.from([8, 0, 0x16, 0, 0x55, 0x49, 2, 0, 0x31, 0])])),
    ]) {
      await assert.rejects(readFileFacts(path), { name: 'GantryError', code: 'GY303', place: { file: path } });
    }
    await assert.rejects(readFileFacts(join(folder, 'missing')), { code: 'GY344', message: /ENOENT/ });
    await mkdir(join(folder, 'folder'));
    await assert.rejects(readFileFacts(join(folder, 'folder')), { code: 'GY344', message: /EISDIR/ });
  });

  it('says so wherever it is cut off, unless all facts were found before', async (t) => {
    const path = await write(t, [{ tag: 0x00091005, vr: 'UN', value: Buffer.alloc(100) }]);
    const { length } = await readFile(path);
    const outcomes = new Map<string, number>();
    for (let keep = length - 1; keep >= 132; keep -= 1) {
      await truncate(path, keep);
      const outcome = await readFileFacts(path).then(
        (found) => (found.seriesInstanceUid === null ? 'fewer' : 'all'),
        (error) => String(error.code),
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    assert.deepEqual(new Set(outcomes.keys()), new Set(['GY341', 'fewer', 'GY303']));
    // Cut at the end of an element, it is a shorter dataset and not a broken one.
    assert.ok((outcomes.get('fewer') ?? 0) <= 6);
  });

  it('is not followed into sequences without end', async (t) => {
    let sequence: DicomElement = { tag: 0x00091001, vr: 'SQ', items: [], undefinedLength: true };
    for (let depth = 0; depth < 40; depth += 1) sequence = { tag: 0x00091001, vr: 'SQ', items: [[sequence]], undefinedLength: true };
    await assert.rejects(readFileFacts(await write(t, [sequence])), { code: 'GY342', message: /deeper than 16/ });
  });

  it('is not read on and on', async (t) => {
    const path = await write(t, []);
    const { datasetOffset } = await readFileFacts(path);
    await truncate(path, datasetOffset);
    const items = Buffer.alloc(1_100_000, Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]));
    await appendFile(path, Buffer.concat([Buffer.from([9, 0, 1, 16, 0x53, 0x51, 0, 0, 255, 255, 255, 255]), items]));
    await assert.rejects(readFileFacts(path), { code: 'GY342', message: /not found in the first/ });
  });

  it('is not inflated on and on', async (t) => {
    const path = await write(t, [], explicit);
    const { datasetOffset } = await readFileFacts(path);
    const bomb = Buffer.concat([Buffer.from([9, 0, 1, 16, 0x4f, 0x42, 0, 0, 0, 0, 0, 2]), Buffer.alloc(20_000_000)]);
    await truncate(path, datasetOffset);
    await appendFile(path, deflateRawSync(bomb));
    await relabel(path, explicit, '1.2.840.10008.1.2.1.99');
    const before = process.memoryUsage().rss;
    await assert.rejects(readFileFacts(path), { code: 'GY342', message: /too far into the file/ });
    assert.ok(process.memoryUsage().rss - before < 30_000_000);
  });

  it('is not inflated where it is not deflated', async (t) => {
    const path = await write(t, []);
    await relabel(path, explicit, '1.2.840.10008.1.2.1.99');
    await assert.rejects(readFileFacts(path), { code: 'GY341', message: /cannot be inflated/ });
  });

  it('has no facts where elements of a meta header stand in the dataset, or UIDs are none', async (t) => {
    await assert.rejects(readFileFacts(await write(t, [{ tag: 0x00020013, vr: 'SH', value: 'X' }])), {
      code: 'GY341',
      message: /\(0002,0013\) has no place in a dataset/,
    });
    await assert.rejects(readFileFacts(await write(t, [{ tag: 0x00000002, vr: 'UI', value: '1.2' }])), {
      code: 'GY341',
      message: /\(0000,0002\)/,
    });
    for (const value of ['1.2\\1.3', '../../etc', '1.2.3 4', `1.${'2'.repeat(70)}`]) {
      await assert.rejects(readFileFacts(await write(t, [{ tag: 0x0020000d, vr: 'UI', value }])), {
        code: 'GY341',
        message: 'the file is not well-formed DICOM: the value of (0020,000D) is not a UID',
      });
    }
  });
});

/** Changes the transfer syntax that a file names, and nothing of its dataset. */
async function relabel(path: string, from: string, to: string): Promise<void> {
  const bytes = await readFile(path);
  const value = bytes.indexOf(from);
  const length = bytes.readUInt16LE(value - 2);
  const padded = Buffer.from(to.length % 2 === 0 ? to : `${to}\0`, 'latin1');
  bytes.writeUInt16LE(padded.length, value - 2);
  bytes.writeUInt32LE(bytes.readUInt32LE(140) + padded.length - length, 140);
  await writeFile(path, Buffer.concat([bytes.subarray(0, value), padded, bytes.subarray(value + length)]));
}
