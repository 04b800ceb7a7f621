import { Buffer } from 'node:buffer';

type TextVr = 'AE' | 'AS' | 'CS' | 'DA' | 'DS' | 'DT' | 'IS' | 'LO' | 'LT' | 'PN' | 'SH' | 'ST' | 'TM' | 'UC' | 'UI' | 'UR' | 'UT';
type NumberVr = 'US' | 'SS' | 'UL' | 'SL' | 'FL' | 'FD';

/** An element to write: (0018,0050) has the tag 0x00180050. Several values of a text are joined by backslashes. */
export type DicomElement =
  | { readonly tag: number; readonly vr: TextVr; readonly value: string }
  | { readonly tag: number; readonly vr: NumberVr; readonly value: number | readonly number[] }
  | { readonly tag: number; readonly vr: 'OB' | 'OW' | 'UN'; readonly value: Buffer }
  | {
      readonly tag: number;
      readonly vr: 'SQ';
      readonly items: readonly (readonly DicomElement[])[];
      /** Sequence and items are delimited instead of counted (PS3.5 §7.5.1). */
      readonly undefinedLength?: boolean;
    };

const undefinedLength = 0xffffffff;
const item = 0xfffee000;
const itemDelimitation = 0xfffee00d;
const sequenceDelimitation = 0xfffee0dd;
/** VRs with two reserved bytes and a 32-bit length (PS3.5 Table 7.1-1), of those written here. */
const longForm: ReadonlySet<string> = new Set(['OB', 'OW', 'SQ', 'UC', 'UN', 'UR', 'UT']);

const numberForms: Readonly<Record<NumberVr, readonly [size: number, write: (into: Buffer, value: number, at: number) => void]>> = {
  US: [2, (into, value, at) => into.writeUInt16LE(value, at)],
  SS: [2, (into, value, at) => into.writeInt16LE(value, at)],
  UL: [4, (into, value, at) => into.writeUInt32LE(value, at)],
  SL: [4, (into, value, at) => into.writeInt32LE(value, at)],
  FL: [4, (into, value, at) => into.writeFloatLE(value, at)],
  FD: [8, (into, value, at) => into.writeDoubleLE(value, at)],
};

/** A dataset in little endian, its elements in ascending order of tags (PS3.5 §7.1) whatever order they are given in. Text is UTF-8. */
export function encodeDataset(elements: readonly DicomElement[], explicitVr: boolean): Buffer {
  const ascending = elements.toSorted((a, b) => a.tag - b.tag);
  return Buffer.concat(ascending.flatMap((element) => encodeElement(element, explicitVr)));
}

function encodeElement(element: DicomElement, explicitVr: boolean): Buffer[] {
  if (element.vr !== 'SQ') {
    const value = encodeValue(element);
    return [elementHeader(element.tag, element.vr, value.length, explicitVr), value];
  }
  const delimited = element.undefinedLength === true;
  const items = Buffer.concat(element.items.flatMap((elements) => encodeItem(encodeDataset(elements, explicitVr), delimited)));
  if (!delimited) return [elementHeader(element.tag, 'SQ', items.length, explicitVr), items];
  return [elementHeader(element.tag, 'SQ', undefinedLength, explicitVr), items, tagAndLength(sequenceDelimitation, 0)];
}

function encodeItem(dataset: Buffer, delimited: boolean): Buffer[] {
  if (!delimited) return [tagAndLength(item, dataset.length), dataset];
  return [tagAndLength(item, undefinedLength), dataset, tagAndLength(itemDelimitation, 0)];
}

function encodeValue(element: Exclude<DicomElement, { readonly vr: 'SQ' }>): Buffer {
  switch (element.vr) {
    case 'OB':
    case 'OW':
    case 'UN':
      return padded(element.value, 0x00);
    case 'US':
    case 'SS':
    case 'UL':
    case 'SL':
    case 'FL':
    case 'FD':
      return encodeNumbers(element.vr, typeof element.value === 'number' ? [element.value] : element.value);
    default:
      return padded(Buffer.from(element.value, 'utf8'), element.vr === 'UI' ? 0x00 : 0x20);
  }
}

function encodeNumbers(vr: NumberVr, values: readonly number[]): Buffer {
  const [size, write] = numberForms[vr];
  const bytes = Buffer.alloc(size * values.length);
  values.forEach((value, index) => {
    write(bytes, value, index * size);
  });
  return bytes;
}

/** Every value has an even length (PS3.5 §7.1.1); UIDs are filled up with NUL, text with a space (§6.2). */
function padded(value: Buffer, pad: number): Buffer {
  return value.length % 2 === 0 ? value : Buffer.concat([value, Buffer.from([pad])]);
}

function elementHeader(tag: number, vr: string, length: number, explicitVr: boolean): Buffer {
  if (!explicitVr) return tagAndLength(tag, length);
  const header = Buffer.alloc(longForm.has(vr) ? 12 : 8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.write(vr, 4, 'latin1');
  // A short form that is too long throws here: RangeError, never a file that cannot be read.
  if (header.length === 12) header.writeUInt32LE(length, 8);
  else header.writeUInt16LE(length, 6);
  return header;
}

function tagAndLength(tag: number, length: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.writeUInt32LE(length, 4);
  return header;
}
