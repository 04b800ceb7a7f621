import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

/** Where the dataset begins: after the preamble, `DICM`, and the meta header, whose length is its first element (PS3.10 §7.1). */
function datasetOffset(file: Buffer): number {
  if (file.toString('latin1', 128, 132) !== 'DICM' || file.toString('hex', 132, 138) !== '02000000554c')
    throw new Error('not a DICOM file');
  return 144 + file.readUInt32LE(140);
}

/** What must be the same wherever a file is kept as received: sha256 of all after the meta header. */
export async function datasetHash(path: string): Promise<string> {
  const file = await readFile(path);
  return createHash('sha256')
    .update(file.subarray(datasetOffset(file)))
    .digest('hex');
}

/** Group and element as they stand in a little-endian file, and a value representation with a 16-bit length (PS3.5 §7.1.2). */
const header = (tag: number, vr: string, length: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(tag >>> 16, 0);
  bytes.writeUInt16LE(tag & 0xffff, 2);
  bytes.write(vr, 4, 'latin1');
  bytes.writeUInt16LE(length, 6);
  return bytes;
};

/** Gives an element of an explicit little-endian file another value, or takes the element out (null). The file must have it. */
export async function editElement(path: string, tag: number, vr: string, value: string | null): Promise<void> {
  const file = await readFile(path);
  const start = file.indexOf(header(tag, vr, 0).subarray(0, 6), datasetOffset(file));
  if (start < 0) throw new Error(`${path} has no element ${tag.toString(16)}`);
  const rest = file.subarray(start + 8 + file.readUInt16LE(start + 6));
  const text = value === null ? null : Buffer.from(value.length % 2 === 0 ? value : `${value}${vr === 'UI' ? '\0' : ' '}`, 'latin1');
  const element = text === null ? [] : [header(tag, vr, text.length), text];
  await writeFile(path, Buffer.concat([file.subarray(0, start), ...element, rest]));
}
