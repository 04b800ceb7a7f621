import { Buffer } from 'node:buffer';
import { deflateRawSync } from 'node:zlib';
import { implicitElement, pixels, rawDataset } from './raw-dataset.ts';

export const implicit = '1.2.840.10008.1.2';
export const explicit = '1.2.840.10008.1.2.1';
export const deflated = '1.2.840.10008.1.2.1.99';

/** A Part 10 file (PS3.10 §7.1) around a dataset; `metaLength` may lie. */
export function part10(transferSyntaxUid: string, dataset: Buffer, metaLength?: number): Buffer {
  const uid = Buffer.from(transferSyntaxUid.length % 2 === 0 ? transferSyntaxUid : `${transferSyntaxUid}\0`, 'latin1');
  const element = Buffer.concat([Buffer.from('020010005549', 'hex'), Buffer.from([uid.length, 0]), uid]);
  const group = Buffer.from('02000000554c040000000000', 'hex');
  group.writeUInt32LE(metaLength ?? element.length, 8);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), group, element, dataset]);
}

const undefinedLength = 0xffff_ffff;
const sequence = (length = undefinedLength): Buffer => implicitElement(0x0008_1140, '', length);
const item = (length = undefinedLength): Buffer => implicitElement(0xfffe_e000, '', length);
const itemEnd = implicitElement(0xfffe_e00d, '');
const sequenceEnd = implicitElement(0xfffe_e0dd, '');
const nested = (depth: number): Buffer => Buffer.concat(Array.from({ length: depth }, () => [sequence(), item()]).flat());
const closed = (depth: number): Buffer =>
  Buffer.concat([nested(depth), ...Array.from({ length: depth }, () => [itemEnd, sequenceEnd]).flat()]);

const uid = '1.2.3.4.5.6';
const sound = rawDataset({ sopInstance: uid, rest: pixels(100) });
const later = sound.subarray(implicitElement(0x0008_0016, '1.2.840.10008.5.1.4.1.1.2').length);
const before = (hostile: Buffer): Buffer => Buffer.concat([hostile, sound]);

/** An error; or the facts of `sound`, or none at all. */
type Outcome = 'sound' | 'nothing' | 'GY303' | 'GY341' | 'GY342';

/** Files made to harm a reader, and what is to come of each. */
export const hostileFiles: Readonly<Record<string, { readonly bytes: Buffer; readonly outcome: Outcome }>> = {
  'nothing at all': { bytes: Buffer.alloc(0), outcome: 'GY303' },
  'a preamble only': { bytes: Buffer.alloc(128), outcome: 'GY303' },
  'the prefix, and then the end': { bytes: part10(implicit, Buffer.alloc(0)).subarray(0, 132), outcome: 'GY303' },
  'a meta header that says it has 4 GB': { bytes: part10(implicit, sound, 0xffff_fff0), outcome: 'sound' },
  'a meta header that says it is empty': { bytes: part10(implicit, sound, 0), outcome: 'GY303' },
  'a meta header that ends inside its element': { bytes: part10(implicit, sound, 9), outcome: 'sound' },
  text: { bytes: Buffer.from('#!/bin/sh\necho\n'.repeat(100)), outcome: 'GY303' },
  'a dataset of garbage': { bytes: part10(explicit, Buffer.alloc(10_000, 0xa5)), outcome: 'nothing' },
  'sequences 10,000 deep, none of them closed': { bytes: part10(implicit, before(nested(10_000))), outcome: 'GY342' },
  'sequences 10,000 deep, all of them closed': { bytes: part10(implicit, before(closed(10_000))), outcome: 'GY342' },
  'sequences 12 deep': {
    bytes: part10(implicit, Buffer.concat([sound.subarray(0, sound.length - later.length), closed(12), later])),
    outcome: 'sound',
  },
  'a sequence that is never closed': { bytes: part10(implicit, before(nested(1))), outcome: 'GY341' },
  'an element of 4 GB in 1 kB': {
    bytes: part10(implicit, before(implicitElement(0x0008_0008, Buffer.alloc(1_000), 0xffff_fff0))),
    outcome: 'GY341',
  },
  'a UID of 4 GB in 1 kB': {
    bytes: part10(implicit, Buffer.concat([implicitElement(0x0008_0018, Buffer.alloc(1_000), 0xffff_fff0), sound])),
    outcome: 'GY341',
  },
  'an item longer than its sequence': { bytes: part10(implicit, before(Buffer.concat([sequence(), item(0x7fff_fff0)]))), outcome: 'GY341' },
  'a sequence that holds no items': { bytes: part10(implicit, before(Buffer.concat([sequence(), sound]))), outcome: 'GY341' },
  '20,000 empty items': {
    bytes: part10(
      implicit,
      Buffer.concat([
        sound.subarray(0, sound.length - later.length),
        sequence(),
        ...Array.from({ length: 20_000 }, () => item(0)),
        sequenceEnd,
        later,
      ]),
    ),
    outcome: 'sound',
  },
  '10,000 elements of no length in between': {
    bytes: part10(
      implicit,
      Buffer.concat([
        sound.subarray(0, sound.length - later.length),
        ...Array.from({ length: 10_000 }, () => implicitElement(0x0008_0017, '')),
        later,
      ]),
    ),
    outcome: 'sound',
  },
  'a UID with a path in it': { bytes: part10(implicit, rawDataset({ sopInstance: '../../etc/passwd' })), outcome: 'GY341' },
  'a UID with a NUL and more behind it': { bytes: part10(implicit, rawDataset({ sopInstance: '1.2\0../x' })), outcome: 'GY341' },
  'a UID of 64 kB': { bytes: part10(implicit, rawDataset({ sopInstance: '1.'.repeat(32_767) })), outcome: 'GY341' },
  'the meta header again, inside the dataset': { bytes: part10(implicit, before(implicitElement(0x0002_0010, '1.2'))), outcome: 'GY341' },
  'a command, inside the dataset': { bytes: part10(implicit, before(implicitElement(0x0000_0100, '12'))), outcome: 'GY341' },
  'deflated bytes that are none': { bytes: part10(deflated, Buffer.alloc(1_000, 0xff)), outcome: 'GY341' },
  'deflated bytes cut off': { bytes: part10(deflated, deflateRawSync(sound).subarray(0, 40)), outcome: 'GY341' },
  'a deflated element of 64 MB of zeros (a bomb)': {
    bytes: part10(deflated, deflateRawSync(Buffer.concat([Buffer.from('080008004f4200000000ff03', 'hex'), Buffer.alloc(64_000_000)]))),
    outcome: 'GY342',
  },
  'a deflated dataset of 64 MB of elements (a bomb)': {
    bytes: part10(deflated, deflateRawSync(Buffer.alloc(64_000_000, Buffer.from('0800170055490000', 'hex')))),
    outcome: 'GY342',
  },
};

/** What the sound ones among them say. */
export const soundFacts = {
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  sopInstanceUid: uid,
  studyInstanceUid: '1.2.3.4',
  seriesInstanceUid: '1.2.3.4.5',
  modality: 'CT',
};
