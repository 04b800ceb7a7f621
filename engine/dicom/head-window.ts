import { Buffer } from 'node:buffer';
import { GantryError } from '../errors/index.ts';
import type { ByteSource } from './byte-source.ts';
import { malformedDicom } from './malformed.ts';

const smallestRead = 4_096;
const largestRead = 65_536;
/** Bytes read in all, values that are skipped over not counted. Attributes that rules read lie in the first few kilobytes. */
const budgetBytes = 1_048_576;

/**
 * A window on the head of a file that moves forward: what is skipped is never read, what is read is bounded.
 * Throws GY341 where the file ends before the bytes that are asked for, GY342 when the budget is spent.
 */
export class HeadWindow {
  readonly path: string;
  readonly #source: ByteSource;
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #nextRead = smallestRead;
  #spent = 0;

  /** `head`: the first bytes, where they are there already. */
  constructor(path: string, source: ByteSource, head?: Buffer) {
    this.path = path;
    this.#source = source;
    if (head !== undefined) this.#buffer = head;
  }

  /** What has been read and is still there. */
  get heldBytes(): Buffer {
    return this.#buffer;
  }

  /** Where in `heldBytes` the bytes at `position` are; null where they are not. A walk over small elements need not wait for a promise at each. */
  heldAt(position: number, length: number): number | null {
    const offset = position - this.#start;
    return offset >= 0 && offset + length <= this.#buffer.length ? offset : null;
  }

  /** The bytes at `position` if they have been read already. */
  held(position: number, length: number): Buffer | null {
    const offset = this.heldAt(position, length);
    return offset === null ? null : this.#buffer.subarray(offset, offset + length);
  }

  /** The bytes at `position`, fewer than asked for where the file ends. */
  async upTo(position: number, length: number): Promise<Buffer> {
    const held = this.held(position, length);
    if (held !== null) return held;
    await this.#load(position, length);
    return this.#buffer.subarray(0, length);
  }

  /** The bytes at `position`; null exactly at the end of the file. */
  async peek(position: number, length: number): Promise<Buffer | null> {
    const bytes = await this.upTo(position, length);
    if (bytes.length === length) return bytes;
    if (bytes.length === 0) return null;
    throw this.#endsEarly();
  }

  async bytes(position: number, length: number): Promise<Buffer> {
    const bytes = await this.upTo(position, length);
    if (bytes.length < length) throw this.#endsEarly();
    return bytes;
  }

  async #load(position: number, length: number): Promise<void> {
    const adjoins = position >= this.#start && position <= this.#start + this.#buffer.length;
    // After a skip the next element is probably small again: read little, so that many skips don't spend the budget.
    this.#nextRead = adjoins ? Math.min(this.#nextRead * 2, largestRead) : smallestRead;
    const size = Math.max(length, this.#nextRead);
    this.#spent += size;
    if (this.#spent > budgetBytes) {
      throw new GantryError('GY342', `the attributes were not found in the first ${budgetBytes} bytes read`, {
        place: { file: this.path },
      });
    }
    this.#buffer = await this.#source.read(position, size);
    this.#start = position;
  }

  #endsEarly(): GantryError {
    return malformedDicom(this.path, 'it ends inside an element');
  }
}
