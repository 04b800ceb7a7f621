import { Buffer } from 'node:buffer';
import { ctImageStorage } from './raw-peer.ts';

/** One element in Implicit VR Little Endian (PS3.5 §7.1.3); `length` may be another than its value's. */
export function implicitElement(tag: number, value: Buffer | string, length?: number): Buffer {
  const text = typeof value === 'string' ? Buffer.from(value.length % 2 === 0 ? value : `${value}\0`, 'latin1') : value;
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.writeUInt32LE(length ?? text.length, 4);
  return Buffer.concat([head, text]);
}

export interface RawDataset {
  readonly sopClass?: string;
  readonly sopInstance: string;
  /** Elements after the UIDs: pixels, if any. */
  readonly rest?: Buffer;
}

/** A dataset in Implicit VR Little Endian with no more than what names an instance. */
export function rawDataset({ sopClass = ctImageStorage, sopInstance, rest = Buffer.alloc(0) }: RawDataset): Buffer {
  return Buffer.concat([
    implicitElement(0x0008_0016, sopClass),
    implicitElement(0x0008_0018, sopInstance),
    implicitElement(0x0008_0060, 'CT'),
    implicitElement(0x0020_000d, '1.2.3.4'),
    implicitElement(0x0020_000e, '1.2.3.4.5'),
    rest,
  ]);
}

/** Pixel data of `length` bytes, all of them the same. */
export const pixels = (length: number, fill = 7): Buffer => implicitElement(0x7fe0_0010, Buffer.alloc(length, fill));
