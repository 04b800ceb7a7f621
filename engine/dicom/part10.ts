import { Buffer } from 'node:buffer';
import { implementationClassUid, implementationVersionName } from './dimse.ts';

/** 128 bytes of preamble and the prefix. */
const start = `${'\0'.repeat(128)}DICM`;
/** (0002,0001) File Meta Information Version, OB of two bytes. */
const version = '\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01';
const implementation = element(0x12, 'UI', implementationClassUid) + element(0x13, 'SH', implementationVersionName);

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
  const elements =
    version +
    element(0x02, 'UI', origin.sopClassUid) +
    element(0x03, 'UI', origin.sopInstanceUid) +
    element(0x10, 'UI', origin.transferSyntaxUid) +
    implementation +
    element(0x16, 'AE', origin.callingAeTitle) +
    element(0x18, 'AE', origin.calledAeTitle);
  // One string and one conversion: a call for each field costs a small instance more than its file.
  return Buffer.from(start + element(0x00, 'UL', uint16(elements.length) + uint16(0)) + elements, 'latin1');
}

/** An element of group 0002 with a length of 16 bits (PS3.5 §7.1.2), a character a byte. */
function element(number: number, vr: 'UI' | 'SH' | 'AE' | 'UL', value: string): string {
  const padded = value.length % 2 === 0 ? value : value + (vr === 'UI' ? '\0' : ' ');
  return uint16(0x0002) + uint16(number) + vr + uint16(padded.length) + padded;
}

/** Little endian. */
function uint16(value: number): string {
  return String.fromCharCode(value & 0xff, value >> 8);
}
