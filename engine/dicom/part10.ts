import { Buffer } from 'node:buffer';
import { implementationClassUid, implementationVersionName } from './dimse.ts';

const preambleLength = 128;
const prefix = Buffer.from('DICM', 'latin1');
const shortHeaderLength = 8;
/** (0002,0000), UL. */
const groupLengthLength = 12;
/** (0002,0001) File Meta Information Version, OB of two bytes. */
const version = Buffer.from('020001004f42000002000000' + '0001', 'hex');

/** What a C-STORE's command and its association say about the dataset that follows. */
export interface Part10Origin {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
}

/** Preamble, prefix and meta header of the file (PS3.10 §7.1): the dataset's bytes follow it as received. */
export function part10Header(origin: Part10Origin): Buffer {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid, callingAeTitle, calledAeTitle } = origin;
  const elements: readonly (readonly [element: number, vr: 'UI' | 'SH' | 'AE', value: string])[] = [
    [0x0002, 'UI', sopClassUid],
    [0x0003, 'UI', sopInstanceUid],
    [0x0010, 'UI', transferSyntaxUid],
    [0x0012, 'UI', implementationClassUid],
    [0x0013, 'SH', implementationVersionName],
    [0x0016, 'AE', callingAeTitle],
    [0x0018, 'AE', calledAeTitle],
  ];
  let length = version.length;
  for (const [, , value] of elements) length += shortHeaderLength + value.length + (value.length % 2);
  // Zeroed: the preamble, and the padding of UIDs.
  const header = Buffer.alloc(preambleLength + prefix.length + groupLengthLength + length);
  let at = prefix.copy(header, preambleLength) + preambleLength;
  at = writeShort(header, at, 0x0000, 'UL', 4);
  at = header.writeUInt32LE(length, at);
  at += version.copy(header, at);
  for (const [element, vr, value] of elements) {
    at = writeShort(header, at, element, vr, value.length + (value.length % 2));
    at += header.write(value, at, 'latin1');
    if (value.length % 2 === 1) at = header.writeUInt8(vr === 'UI' ? 0x00 : 0x20, at);
  }
  return header;
}

/** An element's header with a length of 16 bits (PS3.5 §7.1.2); answers where its value begins. */
function writeShort(into: Buffer, start: number, element: number, vr: string, length: number): number {
  let at = into.writeUInt16LE(0x0002, start);
  at = into.writeUInt16LE(element, at);
  at += into.write(vr, at, 'latin1');
  return into.writeUInt16LE(length, at);
}
