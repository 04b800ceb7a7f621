import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type DicomElement,
  datasetDigest,
  makePhantom,
  readDatasetFacts,
  readFileFacts,
  writeDicomFile,
} from '../../engine/dicom/index.ts';
import { temporaryFolder } from './store-scp.ts';

const implicit = '1.2.840.10008.1.2';
const explicit = '1.2.840.10008.1.2.1';

describe('facts of a dataset in memory', () => {
  it('are those of its file, or not to be had from so few bytes; they are never others', async (t) => {
    const folder = await temporaryFolder(t);
    for (const transferSyntaxUid of [implicit, explicit] as const) {
      const path = join(folder, `${transferSyntaxUid}.dcm`);
      const elements: readonly DicomElement[] = [
        { tag: 0x00080016, vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.7' },
        { tag: 0x00080018, vr: 'UI', value: '1.2.3.4' },
        { tag: 0x00080060, vr: 'CS', value: 'OT' },
        { tag: 0x00081140, vr: 'SQ', items: [[{ tag: 0x00081150, vr: 'UI', value: '1.2' }]], undefinedLength: true },
        { tag: 0x0020000d, vr: 'UI', value: '1.2.3' },
        { tag: 0x0020000e, vr: 'UI', value: '1.2.3.5' },
        { tag: 0x00204000, vr: 'LT', value: 'x'.repeat(300) },
      ];
      await writeDicomFile(path, { sopClassUid: '1.2', sopInstanceUid: '1.2.3.4', transferSyntaxUid, elements });
      const { datasetOffset, transferSyntaxUid: _, ...facts } = await readFileFacts(path);
      const dataset = (await readFile(path)).subarray(datasetOffset);
      assert.deepEqual(await readDatasetFacts(dataset, true, transferSyntaxUid), facts);
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: dataset.length }), async (length) => {
          const found = await readDatasetFacts(dataset.subarray(0, length), false, transferSyntaxUid);
          // Past the last of them, what comes behind does not matter.
          const enough = length >= dataset.length - 300;
          if (found === null) assert.equal(enough, false, `${length} of ${dataset.length} bytes are enough`);
          else assert.deepEqual(found, facts);
        }),
        { numRuns: 300 },
      );
    }
  });

  it('are refused with the same codes as those of a file: cut off, a UID that is none, group 0002 in the dataset', async (t) => {
    const path = join(await temporaryFolder(t), 'file.dcm');
    const write = (elements: readonly DicomElement[]) =>
      writeDicomFile(path, { sopClassUid: '1.2', sopInstanceUid: '1.2', transferSyntaxUid: explicit, elements });
    const broken: readonly (readonly DicomElement[])[] = [
      [{ tag: 0x00080018, vr: 'UI', value: '../../etc/passwd' }],
      [{ tag: 0x00020010, vr: 'UI', value: '1.2' }],
    ];
    for (const elements of broken) {
      await write(elements);
      const bytes = await readFile(path);
      const dataset = elements[0]?.tag === 0x00020010 ? bytes.subarray(bytes.length - 12) : bytes.subarray((await offsetOf(bytes)) ?? 0);
      await assert.rejects(readDatasetFacts(dataset, true, explicit), { code: 'GY341' });
    }
    await assert.rejects(readDatasetFacts(Buffer.from('080018005549ff00', 'hex'), true, explicit), { code: 'GY341' }, 'cut off');
  });
});

/** Where the dataset of a file begins whose facts cannot be read: behind the group length's count. */
async function offsetOf(bytes: Buffer): Promise<number | null> {
  const at = bytes.indexOf(Buffer.from('02000000', 'hex'), 132);
  return at === -1 ? null : at + 12 + bytes.readUInt32LE(at + 8);
}

describe('the digest of a dataset', () => {
  it('is of all after the meta header: who sent it does not matter, a single byte of the dataset does', async (t) => {
    const folder = await temporaryFolder(t);
    const { files } = await makePhantom({ folder, slices: 1, size: 64 });
    const [{ path } = assert.fail()] = files;
    const { datasetOffset } = await readFileFacts(path);
    const bytes = await readFile(path);
    const dataset = bytes.subarray(datasetOffset);
    assert.equal(await datasetDigest(path), createHash('sha256').update(dataset).digest('hex'));

    const other = join(folder, 'other.dcm');
    await writeDicomFile(other, { sopClassUid: '1.2', sopInstanceUid: '1.2.3', transferSyntaxUid: explicit, elements: [] });
    await writeFile(other, Buffer.concat([await readFile(other), dataset]));
    assert.equal(await datasetDigest(other), await datasetDigest(path));
    await truncate(other, (await readFile(other)).length - 1);
    assert.notEqual(await datasetDigest(other), await datasetDigest(path));
    await assert.rejects(datasetDigest(join(folder, 'gone.dcm')), { code: 'GY344' });
  });
});
