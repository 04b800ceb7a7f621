import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { type DicomElement, encodeDataset } from './dataset-writer.ts';
import { implementationClassUid, implementationVersionName } from './dimse.ts';

/** A file to write: its dataset's elements, without group 0002. */
export interface DicomFile {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** Implicit or Explicit VR Little Endian. */
  readonly transferSyntaxUid: '1.2.840.10008.1.2' | '1.2.840.10008.1.2.1';
  readonly elements: readonly DicomElement[];
}

/** Writes a Part 10 file (PS3.10 §7.1). Text is UTF-8: give it (0008,0005) ISO_IR 192 where it is more than ASCII. */
export async function writeDicomFile(path: string, file: DicomFile): Promise<void> {
  await writeFile(path, encodeDicomFile(file));
}

function encodeDicomFile({ sopClassUid, sopInstanceUid, transferSyntaxUid, elements }: DicomFile): Buffer {
  const meta = encodeDataset(
    [
      { tag: 0x00020001, vr: 'OB', value: Buffer.from([0, 1]) },
      { tag: 0x00020002, vr: 'UI', value: sopClassUid },
      { tag: 0x00020003, vr: 'UI', value: sopInstanceUid },
      { tag: 0x00020010, vr: 'UI', value: transferSyntaxUid },
      { tag: 0x00020012, vr: 'UI', value: implementationClassUid },
      { tag: 0x00020013, vr: 'SH', value: implementationVersionName },
    ],
    true,
  );
  const groupLength = encodeDataset([{ tag: 0x00020000, vr: 'UL', value: meta.length }], true);
  const dataset = encodeDataset(elements, transferSyntaxUid !== '1.2.840.10008.1.2');
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM', 'latin1'), groupLength, meta, dataset]);
}
