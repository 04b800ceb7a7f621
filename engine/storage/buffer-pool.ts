import { Buffer } from 'node:buffer';

/** More are not kept when they are given back. */
const mostKept = 64;

/** Buffers of one size, used again and again: to make one for each instance, and collect it, costs more than what is written into it. */
export class BufferPool {
  /** Of each. */
  readonly sizeBytes: number;
  readonly #free: Buffer[] = [];

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
  }

  /** Holds what was left in it. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.sizeBytes);
  }

  /** It, and every slice of it, is another's from here on. */
  give(buffer: Buffer): void {
    if (this.#free.length < mostKept) this.#free.push(buffer);
  }
}
