import type { Buffer } from 'node:buffer';
import type { BufferPool } from './buffer-pool.ts';

/** Bytes that were taken from a queue, in order; its blocks are the taker's until they are given back. */
export interface Batch {
  readonly chunks: readonly Buffer[];
  readonly sizeBytes: number;
  giveBack(): void;
}

/** Bytes on their way into a file, copied into blocks of a pool: a small file takes one block, and so one write. */
export class BlockQueue {
  readonly #pool: BufferPool;
  #blocks: Buffer[] = [];
  #sizeBytes = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  push(chunk: Buffer): void {
    const { sizeBytes: blockBytes } = this.#pool;
    for (let copied = 0; copied < chunk.length; ) {
      const filled = this.#sizeBytes % blockBytes;
      if (filled === 0) this.#blocks.push(this.#pool.take());
      const bytes = chunk.copy(this.#blocks.at(-1) as Buffer, filled, copied);
      copied += bytes;
      this.#sizeBytes += bytes;
    }
  }

  /** All of it: the queue is empty afterwards. */
  take(): Batch {
    const blocks = this.#blocks;
    const sizeBytes = this.#sizeBytes;
    this.#blocks = [];
    this.#sizeBytes = 0;
    const { sizeBytes: blockBytes } = this.#pool;
    return {
      chunks: blocks.map((block, index) => block.subarray(0, sizeBytes - index * blockBytes)),
      sizeBytes,
      giveBack: () => {
        for (const block of blocks) this.#pool.give(block);
      },
    };
  }
}
