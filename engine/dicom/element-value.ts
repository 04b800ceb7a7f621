import type { Buffer } from 'node:buffer';
import type { DicomValue } from './facts-contract.ts';

/** VRs whose text follows Specific Character Set (PS3.5 §6.1.2.2). */
const inCharacterSet = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
/** VRs in which a backslash is a character, not a separator (PS3.5 §6.2). */
const singleValued = new Set(['LT', 'ST', 'UR', 'UT']);
const plainText = new Set(['AE', 'AS', 'CS', 'DA', 'DT', 'TM', 'UI', 'UR']);

type ReadNumber = (bytes: Buffer, at: number, littleEndian: boolean) => number;

/** Binary numbers: bytes each, and how one is read. */
const numbers: Readonly<Record<string, readonly [number, ReadNumber]>> = {
  US: [2, (bytes, at, le) => (le ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))],
  SS: [2, (bytes, at, le) => (le ? bytes.readInt16LE(at) : bytes.readInt16BE(at))],
  UL: [4, (bytes, at, le) => (le ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))],
  SL: [4, (bytes, at, le) => (le ? bytes.readInt32LE(at) : bytes.readInt32BE(at))],
  FL: [4, (bytes, at, le) => (le ? bytes.readFloatLE(at) : bytes.readFloatBE(at))],
  FD: [8, (bytes, at, le) => (le ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at))],
  UV: [8, (bytes, at, le) => Number(le ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at))],
  SV: [8, (bytes, at, le) => Number(le ? bytes.readBigInt64LE(at) : bytes.readBigInt64BE(at))],
};

/**
 * One element's value: text trimmed, DS, IS and binary numbers as numbers, several values as an array.
 * null where it is empty, of a VR that holds neither text nor numbers, or says a number that is none.
 */
export function elementValue(vr: string, bytes: Buffer, littleEndian: boolean, decodeText: (bytes: Buffer) => string): DicomValue {
  const number = numbers[vr];
  if (number !== undefined) return binaryNumbers(bytes, littleEndian, ...number);
  if (vr === 'AT') return tags(bytes, littleEndian);
  if (vr === 'DS' || vr === 'IS') return decimalNumbers(bytes.toString('latin1'));
  if (inCharacterSet.has(vr)) return strings(decodeText(bytes), vr);
  return plainText.has(vr) ? strings(bytes.toString('latin1'), vr) : null;
}

function binaryNumbers(bytes: Buffer, littleEndian: boolean, size: number, read: ReadNumber): DicomValue {
  const values: number[] = [];
  for (let at = 0; at + size <= bytes.length; at += size) values.push(read(bytes, at, littleEndian));
  return values.every(Number.isFinite) ? oneOrMany(values) : null;
}

function tags(bytes: Buffer, littleEndian: boolean): DicomValue {
  const values: string[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const [group, element] = littleEndian
      ? [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)]
      : [bytes.readUInt16BE(at), bytes.readUInt16BE(at + 2)];
    values.push((group * 0x10000 + element).toString(16).toUpperCase().padStart(8, '0'));
  }
  return oneOrMany(values);
}

function decimalNumbers(text: string): DicomValue {
  const values = text.split('\\').map((part) => trim(part));
  if (values.length === 1 && values[0] === '') return null;
  return values.every((value) => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) ? oneOrMany(values.map(Number)) : null;
}

function strings(text: string, vr: string): DicomValue {
  const values = (singleValued.has(vr) ? [text] : text.split('\\')).map((part) => trim(part));
  return values.every((value) => value === '') ? null : oneOrMany(values);
}

/** Padding is a space, or NUL for UI; leading spaces are padding too, except where the text is free (PS3.5 §6.2). */
function trim(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === ' ' || text[end - 1] === '\0')) end -= 1;
  return text.slice(0, end).trimStart();
}

function oneOrMany<T extends string | number>(values: readonly T[]): T | null | readonly T[] {
  return values.length > 1 ? values : (values[0] ?? null);
}
