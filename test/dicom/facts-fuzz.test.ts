import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { type DicomElement, readAttributes, readDatasetFacts, readFileFacts, writeDicomFile } from '../../engine/dicom/index.ts';
import { GantryError } from '../../engine/errors/index.ts';
import { fuzzSeconds, hold, seeingAgain, somewhere } from './fuzzing.ts';
import { hostileFiles } from './hostile-files.ts';
import { temporaryFolder } from './store-scp.ts';

const explicit = '1.2.840.10008.1.2.1';
const keywords = ['PatientName', 'SliceThickness', 'Rows', 'ImageType', 'SpecificCharacterSet', 'ReferencedImageSequence'];

const elements: readonly DicomElement[] = [
  { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 192' },
  { tag: 0x00080008, vr: 'CS', value: 'ORIGINAL\\PRIMARY' },
  { tag: 0x00080016, vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.2' },
  { tag: 0x00080018, vr: 'UI', value: '1.2.3.4' },
  { tag: 0x00080060, vr: 'CS', value: 'CT' },
  { tag: 0x00081140, vr: 'SQ', undefinedLength: true, items: [[{ tag: 0x00081150, vr: 'UI', value: '1.2' }], []] },
  { tag: 0x00091001, vr: 'SQ', items: [[{ tag: 0x00091001, vr: 'SQ', undefinedLength: true, items: [[]] }]] },
  { tag: 0x00091002, vr: 'UN', value: Buffer.alloc(20_000, 7) },
  { tag: 0x00100010, vr: 'PN', value: 'A^B' },
  { tag: 0x00180050, vr: 'DS', value: '1.25' },
  { tag: 0x0020000d, vr: 'UI', value: '1.2.3' },
  { tag: 0x0020000e, vr: 'UI', value: '1.2.3.5' },
  { tag: 0x00280010, vr: 'US', value: 512 },
];

/** Files of others, and files made to harm: small ones, or every run would copy much. */
async function corpus(): Promise<readonly Buffer[]> {
  const folder = join(import.meta.dirname, 'fixtures/corpus');
  const names = (await readdir(folder)).filter((name) => name !== 'README.txt' && name !== 'index.json');
  const files = await Promise.all(names.sort().map((name) => readFile(join(folder, name))));
  const hostile = Object.values(hostileFiles).map(({ bytes }) => bytes);
  return [...files, ...hostile].filter(({ length }) => length > 0 && length < 20_000);
}

/** The same dataset in four transfer syntaxes, the last two by relabelling: as bytes go, what matters is that the readers' paths are taken. */
async function seeds(t: TestContext): Promise<readonly Buffer[]> {
  const folder = await temporaryFolder(t);
  const write = async (transferSyntaxUid: '1.2.840.10008.1.2' | typeof explicit): Promise<Buffer> => {
    const path = join(folder, transferSyntaxUid);
    await writeDicomFile(path, { sopClassUid: '1.2', sopInstanceUid: '1.3', transferSyntaxUid, elements });
    return readFile(path);
  };
  const inExplicit = await write(explicit);
  const value = inExplicit.indexOf(explicit);
  const relabelled = (uid: string, dataset: (bytes: Buffer) => Buffer): Buffer => {
    const padded = Buffer.from(uid.padEnd(22, '\0'), 'latin1');
    const head = Buffer.from(inExplicit.subarray(0, value));
    head.writeUInt16LE(padded.length, value - 2);
    head.writeUInt32LE(head.readUInt32LE(140) + 2, 140);
    const start = 144 + inExplicit.readUInt32LE(140);
    return Buffer.concat([head, padded, inExplicit.subarray(value + 20, start), dataset(inExplicit.subarray(start))]);
  };
  return [
    inExplicit,
    await write('1.2.840.10008.1.2'),
    relabelled('1.2.840.10008.1.2.1.99', (bytes) => deflateRawSync(bytes)),
    relabelled('1.2.840.10008.1.2.2', (bytes) => bytes),
  ];
}

describe('reading whatever a file may hold', () => {
  const damage = fc.oneof(
    fc.record({ kind: fc.constant('byte' as const), at: somewhere, value: fc.integer({ min: 0, max: 255 }) }),
    fc.record({
      kind: fc.constant('length' as const),
      at: somewhere,
      value: fc.constantFrom(0, 1, 0xffff, 0xfffffffe, 0xffffffff, 0x7fffffff),
    }),
    fc.record({ kind: fc.constant('cut' as const), at: somewhere, value: fc.constant(0) }),
    fc.record({ kind: fc.constant('drop' as const), at: somewhere, value: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ kind: fc.constant('repeat' as const), at: somewhere, value: fc.integer({ min: 1, max: 64 }) }),
  );

  it('gives facts or an error with a code, the same from memory, and ends', { timeout: (fuzzSeconds + 60) * 1_000 }, async (t) => {
    const made = await seeds(t);
    const files = [...made, ...(await corpus())];
    // Every kind of damage was thought of for the first four: half of the runs are theirs.
    const file = fc.oneof(fc.nat(made.length - 1), fc.integer({ min: made.length, max: files.length - 1 }));
    const folder = await temporaryFolder(t);
    const path = join(folder, 'fuzz.dcm');
    let read = 0;
    const wrong = (error: unknown): never | string => {
      assert.ok(error instanceof GantryError && error.code.startsWith('GY3'), String(error));
      return error.code;
    };
    const share = fc.tuple(file, fc.array(damage, { minLength: 1, maxLength: 6 }), somewhere);
    await hold(t, 0.3, share, async ([seed, damages, end]) => {
      let bytes: Buffer = Buffer.from(files[seed] ?? assert.fail());
      for (const { kind, at, value } of damages) {
        // The head is where the reader looks: half of the blows fall on its first kilobyte.
        const where = Math.floor((at < 0.5 ? at * 2 * Math.min(bytes.length, 1_000) : (at - 0.5) * 2 * bytes.length) || 0);
        if (kind === 'byte') bytes[Math.min(where, bytes.length - 1)] = value;
        else if (kind === 'length' && where + 4 <= bytes.length) bytes.writeUInt32LE(value, where);
        else if (kind === 'cut') bytes = bytes.subarray(0, where + 1);
        else if (kind === 'drop') bytes = Buffer.concat([bytes.subarray(0, where), bytes.subarray(where + value)]);
        else if (kind === 'repeat') bytes = Buffer.concat([bytes.subarray(0, where + value), bytes.subarray(where)]);
        if (bytes.length === 0) bytes = Buffer.alloc(1);
      }
      await writeFile(path, bytes);
      await readAttributes(path, keywords).then(() => {
        read += 1;
      }, wrong);
      const facts = await readFileFacts(path).catch(wrong);
      if (typeof facts === 'string') return;
      read += 1;
      const { transferSyntaxUid, datasetOffset, ...expected } = facts;
      const dataset = bytes.subarray(datasetOffset);
      const whole = await readDatasetFacts(dataset, true, transferSyntaxUid);
      if (whole !== null) assert.deepEqual(whole, expected);
      const head = await readDatasetFacts(dataset.subarray(0, Math.floor(end * dataset.length)), false, transferSyntaxUid);
      if (head !== null) assert.deepEqual(head, expected);
    });
    assert.ok(read > 100 || seeingAgain, 'the damage is not so great that nothing is ever read');
  });
});
