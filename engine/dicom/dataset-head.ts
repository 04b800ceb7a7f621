import type { Buffer } from 'node:buffer';
import { BeyondHead, fileSource, inflatingSource, memorySource } from './byte-source.ts';
import { textDecoder } from './character-set.ts';
import { isDeflated } from './deflated.ts';
import { elementValue } from './element-value.ts';
import {
  ElementWalker,
  type Encoding,
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
  undefinedLength,
} from './element-walker.ts';
import type { DicomValue } from './facts-contract.ts';
import { HeadWindow } from './head-window.ts';
import { formatTag, malformedDicom } from './malformed.ts';
import { type MetaHeader, readMetaHeader } from './meta-header.ts';
import { withReadableFile } from './readable-file.ts';

const implicitVr = '1.2.840.10008.1.2';
const bigEndian = '1.2.840.10008.1.2.2';
const specificCharacterSet = 0x00080005;
/** Longer values are reports or data, not what a rule compares. */
const valueLimitBytes = 65_536;
const inflateLimitBytes = 16_777_216;

/** A file's meta header, and the wanted elements of its dataset that are there. */
export interface DatasetHead {
  readonly meta: MetaHeader;
  readonly values: ReadonlyMap<number, DicomValue>;
}

/**
 * Reads elements of a Part 10 file's top level by tag; `wanted` says the VR that each has in implicit VR. Never reads past the highest tag.
 * Throws GY303, GY341, GY342, GY344.
 */
export async function readDatasetHead(path: string, wanted: ReadonlyMap<number, string>): Promise<DatasetHead> {
  return withReadableFile(path, async (handle) => {
    const file = new HeadWindow(path, fileSource(handle, path));
    const meta = await readMetaHeader(file);
    if (!isDeflated(meta.transferSyntaxUid))
      return { meta, values: await readValues(file, meta.datasetOffset, meta.transferSyntaxUid, wanted) };
    const dataset = inflatingSource(path, meta.datasetOffset, inflateLimitBytes);
    try {
      return { meta, values: await readValues(new HeadWindow(path, dataset), 0, meta.transferSyntaxUid, wanted) };
    } finally {
      await dataset.close();
    }
  });
}

/** The same of a dataset of which the first bytes are in memory; null where they are not enough. Throws GY341, GY342. */
export async function readHeadInMemory(
  head: Buffer,
  complete: boolean,
  transferSyntaxUid: string,
  wanted: ReadonlyMap<number, string>,
): Promise<ReadonlyMap<number, DicomValue> | null> {
  if (isDeflated(transferSyntaxUid)) return null;
  try {
    const path = 'the dataset';
    return await readValues(new HeadWindow(path, memorySource(path, head, complete), head), 0, transferSyntaxUid, wanted);
  } catch (error) {
    if (error instanceof BeyondHead) return null;
    throw error;
  }
}

/**
 * All encapsulated transfer syntaxes, and private ones, are Explicit VR Little Endian outside their pixels (PS3.5 §A.4).
 * Some writers label an implicit dataset as one of these; like dcmtk, believe the first element.
 */
async function actualEncoding(window: HeadWindow, position: number, transferSyntaxUid: string): Promise<Encoding> {
  if (transferSyntaxUid === implicitVr) return implicitLittleEndian;
  if (transferSyntaxUid === bigEndian) return explicitBigEndian;
  const vr = (await window.upTo(position, 6)).toString('latin1', 4);
  return vr.length < 2 || /^[A-Z]{2}$/.test(vr) ? explicitLittleEndian : implicitLittleEndian;
}

async function readValues(
  window: HeadWindow,
  position: number,
  transferSyntaxUid: string,
  wanted: ReadonlyMap<number, string>,
): Promise<ReadonlyMap<number, DicomValue>> {
  const encoding = await actualEncoding(window, position, transferSyntaxUid);
  const raw = new Map<number, { readonly vr: string; readonly bytes: Buffer }>();
  // Elements ascend by tag (PS3.5 §7.1): past the highest one that is wanted there is nothing to find.
  const highest = Math.max(...wanted.keys());
  const walker = new ElementWalker(window, encoding, position);
  for (;;) {
    const element = walker.heldNext() ?? (await walker.next());
    if (element === null || element.tag > highest) break;
    const { tag, vr, valuePosition, length } = element;
    if (tag < 0x00010000 || (tag & 0xffff0000) === 0x00020000)
      throw malformedDicom(window.path, `${formatTag(tag)} has no place in a dataset`);
    const dictionaryVr = tag === specificCharacterSet ? 'CS' : wanted.get(tag);
    if (dictionaryVr === undefined || raw.has(tag) || length === undefinedLength) continue;
    if (length > valueLimitBytes) throw malformedDicom(window.path, `the value of ${formatTag(tag)} has ${length} bytes`);
    raw.set(tag, {
      vr: vr === null || vr === 'UN' ? dictionaryVr : vr,
      bytes: window.held(valuePosition, length) ?? (await window.bytes(valuePosition, length)),
    });
    if (tag === highest) break;
  }

  const sets = raw.get(specificCharacterSet)?.bytes.toString('latin1').split('\\') ?? [];
  const decodeText = textDecoder(sets);
  return new Map([...raw].map(([tag, { vr, bytes }]) => [tag, elementValue(vr, bytes, encoding.littleEndian, decodeText)]));
}
