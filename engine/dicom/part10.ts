import { Buffer } from 'node:buffer';
import { implementationClassUid, implementationVersionName } from './dimse.ts';

const preambleLength = 128;
const prefix = Buffer.from('DICM', 'latin1');

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
  const elements = Buffer.concat([
    longElement(0x0001, 'OB', Buffer.from([0, 1])),
    shortElement(0x0002, 'UI', origin.sopClassUid),
    shortElement(0x0003, 'UI', origin.sopInstanceUid),
    shortElement(0x0010, 'UI', origin.transferSyntaxUid),
    shortElement(0x0012, 'UI', implementationClassUid),
    shortElement(0x0013, 'SH', implementationVersionName),
    shortElement(0x0016, 'AE', origin.callingAeTitle),
    shortElement(0x0018, 'AE', origin.calledAeTitle),
  ]);
  const groupLength = Buffer.alloc(12);
  groupLength.writeUInt16LE(0x0002, 0);
  groupLength.write('UL', 4, 'latin1');
  groupLength.writeUInt16LE(4, 6);
  groupLength.writeUInt32LE(elements.length, 8);
  return Buffer.concat([Buffer.alloc(preambleLength), prefix, groupLength, elements]);
}

function shortElement(element: number, vr: 'UI' | 'SH' | 'AE', text: string): Buffer {
  const value = Buffer.from(text.length % 2 === 0 ? text : text + (vr === 'UI' ? '\0' : ' '), 'latin1');
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0x0002, 0);
  head.writeUInt16LE(element, 2);
  head.write(vr, 4, 'latin1');
  head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

function longElement(element: number, vr: 'OB', value: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(0x0002, 0);
  head.writeUInt16LE(element, 2);
  head.write(vr, 4, 'latin1');
  head.writeUInt32LE(value.length, 8);
  return Buffer.concat([head, value]);
}
