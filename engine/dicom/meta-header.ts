import { GantryError } from '../errors/index.ts';
import { explicitLittleEndian, readElementHeader } from './element-walker.ts';
import type { HeadWindow } from './head-window.ts';
import { malformedDicom } from './malformed.ts';
import { isValidUid } from './uid.ts';

const preambleBytes = 128;
const groupLengthTag = 0x00020000;
const transferSyntaxUidTag = 0x00020010;

/** What a Part 10 file says about the dataset that follows (PS3.10 §7.1). */
export interface MetaHeader {
  readonly transferSyntaxUid: string;
  /** Bytes of preamble, prefix and meta header. */
  readonly datasetOffset: number;
}

/** Reads group 0002. Throws GY303 where there is none or it names no transfer syntax, GY341 where it is broken. */
export async function readMetaHeader(window: HeadWindow): Promise<MetaHeader> {
  const start = await window.upTo(0, preambleBytes + 4);
  if (start.toString('latin1', preambleBytes) !== 'DICM') throw notPart10(window.path, 'no DICM prefix after 128 bytes');

  let position = preambleBytes + 4;
  let declaredEnd: number | undefined;
  let transferSyntaxUid = '';
  // The group length is trusted only where it agrees with the elements: writers that edit a header forget it. Without it, a
  // deflated dataset that begins with 02 00 could not be told from the header.
  while (position !== declaredEnd) {
    const group = await window.upTo(position, 2);
    if (group.length < 2 && position < (declaredEnd ?? 0)) throw malformedDicom(window.path, 'it ends inside its meta header');
    if (group.length < 2 || group.readUInt16LE(0) !== 0x0002) break;
    const element = await readElementHeader(window, explicitLittleEndian, position);
    if (element === null) break;
    const { tag, length, valuePosition } = element;
    position = valuePosition + length;
    if (tag === groupLengthTag && length === 4) declaredEnd = position + (await window.bytes(valuePosition, 4)).readUInt32LE(0);
    if (tag === transferSyntaxUidTag) {
      transferSyntaxUid = (await window.bytes(valuePosition, Math.min(length, 66))).toString('latin1').replace(/[\0 ]+$/, '');
    }
  }
  if (transferSyntaxUid === '') throw notPart10(window.path, 'its meta header names no transfer syntax');
  if (!isValidUid(transferSyntaxUid)) throw malformedDicom(window.path, 'its transfer syntax is not a UID');
  return { transferSyntaxUid, datasetOffset: position };
}

function notPart10(path: string, why: string): GantryError {
  return new GantryError('GY303', `not a DICOM Part 10 file: ${why}`, { place: { file: path } });
}
