import type { Buffer } from 'node:buffer';
import { GantryError } from '../errors/index.ts';
import type { HeadWindow } from './head-window.ts';
import { formatTag, malformedDicom } from './malformed.ts';

/** How elements are written (PS3.5 §7.1, §A). */
export interface Encoding {
  readonly explicitVr: boolean;
  readonly littleEndian: boolean;
}

export const explicitLittleEndian: Encoding = { explicitVr: true, littleEndian: true };
export const implicitLittleEndian: Encoding = { explicitVr: false, littleEndian: true };
export const explicitBigEndian: Encoding = { explicitVr: true, littleEndian: false };

/** An element's header, and where its value lies. */
export interface ElementHeader {
  readonly tag: number;
  /** null in implicit VR, and for items. */
  readonly vr: string | null;
  readonly valuePosition: number;
  readonly length: number;
}

export const undefinedLength = 0xffffffff;
const item = 0xfffee000;
const itemDelimitation = 0xfffee00d;
const sequenceDelimitation = 0xfffee0dd;
/** Nesting in real objects ends at about six; a file made to exhaust the stack has thousands. */
const depthLimit = 16;
/** VRs with two reserved bytes and a 32-bit length, PS3.5 Table 7.1-1. */
const longForm = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);

/** Walks the elements of one dataset, top level only: values and sequences are skipped unread. Throws GY341, GY342. */
export class ElementWalker {
  readonly #window: HeadWindow;
  readonly #encoding: Encoding;
  #position: number;
  #last: ElementHeader | null = null;

  constructor(window: HeadWindow, encoding: Encoding, position: number) {
    this.#window = window;
    this.#encoding = encoding;
    this.#position = position;
  }

  /** The next element without waiting; null where that cannot be told from the bytes that are there, and `next` must be asked. */
  heldNext(): ElementHeader | null {
    const position = this.#last === null ? this.#position : endOf(this.#last);
    const element = position === null ? null : heldElementHeader(this.#window, this.#encoding, position);
    if (element === null || position === null) return null;
    this.#position = position;
    this.#last = element;
    return element;
  }

  /** The next element; null at the end of the file. */
  async next(): Promise<ElementHeader | null> {
    if (this.#last !== null) this.#position = endOf(this.#last) ?? (await this.#skipSequence(this.#last, this.#encoding, 0));
    this.#last =
      heldElementHeader(this.#window, this.#encoding, this.#position) ??
      (await readElementHeader(this.#window, this.#encoding, this.#position));
    return this.#last;
  }

  #skipSequence(element: ElementHeader, encoding: Encoding, depth: number): Promise<number> {
    // UN of undefined length holds a sequence in Implicit VR Little Endian, whatever is around it (PS3.5 §6.2.2).
    return this.#skipItems(element.valuePosition, element.vr === 'UN' ? implicitLittleEndian : encoding, depth + 1);
  }

  /** Past the items of a sequence, or the fragments of encapsulated data: both are framed alike (PS3.5 §7.5, §A.4). */
  async #skipItems(start: number, encoding: Encoding, depth: number): Promise<number> {
    if (depth > depthLimit) {
      throw new GantryError('GY342', `sequences are nested deeper than ${depthLimit}`, { place: { file: this.#window.path } });
    }
    let position = start;
    for (;;) {
      const header = heldElementHeader(this.#window, encoding, position) ?? (await this.#inside(position, encoding));
      if (header.tag === sequenceDelimitation) return header.valuePosition;
      if (header.tag !== item) throw malformedDicom(this.#window.path, `${formatTag(header.tag)} stands where an item should`);
      position = endOf(header) ?? (await this.#skipItem(header.valuePosition, encoding, depth));
    }
  }

  async #skipItem(start: number, encoding: Encoding, depth: number): Promise<number> {
    let position = start;
    for (;;) {
      const header = heldElementHeader(this.#window, encoding, position) ?? (await this.#inside(position, encoding));
      if (header.tag === itemDelimitation) return header.valuePosition;
      position = endOf(header) ?? (await this.#skipSequence(header, encoding, depth));
    }
  }

  async #inside(position: number, encoding: Encoding): Promise<ElementHeader> {
    const header = await readElementHeader(this.#window, encoding, position);
    if (header === null) throw malformedDicom(this.#window.path, 'it ends inside a sequence');
    return header;
  }
}

/** Where the element's value ends; null where only its content says. */
function endOf({ valuePosition, length }: ElementHeader): number | null {
  return length === undefinedLength ? null : valuePosition + length;
}

/** The header of the element at `position`; null exactly at the end of the file. */
export async function readElementHeader(window: HeadWindow, encoding: Encoding, position: number): Promise<ElementHeader | null> {
  const head = await window.peek(position, 8);
  if (head === null) return null;
  const whole = encoding.explicitVr && isLongForm(head, 0) ? await window.bytes(position, 12) : head;
  return parseHeader(window.path, whole, 0, encoding, position);
}

/** The same without waiting, which for a megabyte of tiny elements is ten times quicker; null where the bytes have not been read. */
function heldElementHeader(window: HeadWindow, encoding: Encoding, position: number): ElementHeader | null {
  const at = window.heldAt(position, 12);
  return at === null ? null : parseHeader(window.path, window.heldBytes, at, encoding, position);
}

const isLongForm = (bytes: Buffer, at: number): boolean => longForm.has(vrAt(bytes, at + 4) ?? '');

/** The element whose header begins at `bytes[at]`, `position` in the file. */
function parseHeader(path: string, bytes: Buffer, at: number, encoding: Encoding, position: number): ElementHeader {
  const { explicitVr, littleEndian } = encoding;
  const uint16 = (offset: number): number => (littleEndian ? bytes.readUInt16LE(at + offset) : bytes.readUInt16BE(at + offset));
  const uint32 = (offset: number): number => (littleEndian ? bytes.readUInt32LE(at + offset) : bytes.readUInt32BE(at + offset));
  const tag = uint16(0) * 0x10000 + uint16(2);
  if (!explicitVr || tag >= item) return { tag, vr: null, valuePosition: position + 8, length: uint32(4) };
  const vr = vrAt(bytes, at + 4);
  if (vr === null) throw malformedDicom(path, `${formatTag(tag)} has no value representation`);
  if (!longForm.has(vr)) return { tag, vr, valuePosition: position + 8, length: uint16(6) };
  return { tag, vr, valuePosition: position + 12, length: uint32(8) };
}

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
/** Every pair of letters, made once: a string for each element of each dataset would cost more than the walk. */
const pairs = letters.flatMap((first) => letters.map((second) => first + second));

/** Two capital letters; null where they are none. */
function vrAt(bytes: Buffer, at: number): string | null {
  const first = (bytes[at] as number) - 0x41;
  const second = (bytes[at + 1] as number) - 0x41;
  const areLetters = first >= 0 && first < letters.length && second >= 0 && second < letters.length;
  return areLetters ? (pairs[first * letters.length + second] as string) : null;
}
