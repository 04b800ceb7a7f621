import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BlockQueue } from '../../engine/storage/block-queue.ts';
import { BufferPool } from '../../engine/storage/buffer-pool.ts';

const bytesOf = (chunks: readonly Buffer[]): string => Buffer.concat([...chunks]).toString('hex');

describe('a queue of blocks', () => {
  it('gives back what was pushed, in order, however it was cut, and whatever became of the chunks since', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.uint8Array({ maxLength: 40 }))), (batches) => {
        const pool = new BufferPool(16);
        const queue = new BlockQueue(pool);
        for (const chunks of batches) {
          const expected = bytesOf(chunks.map((chunk) => Buffer.from(chunk)));
          for (const chunk of chunks) {
            const fleeting = Buffer.from(chunk);
            queue.push(fleeting);
            fleeting.fill(0xee);
          }
          assert.equal(queue.sizeBytes, expected.length / 2);
          const batch = queue.take();
          assert.equal(queue.sizeBytes, 0);
          assert.equal(batch.sizeBytes, expected.length / 2);
          assert.equal(bytesOf(batch.chunks), expected);
          batch.giveBack();
        }
      }),
    );
  });

  it('goes on with other blocks while those that were taken are in use', () => {
    const queue = new BlockQueue(new BufferPool(4));
    queue.push(Buffer.from('first'));
    const batch = queue.take();
    queue.push(Buffer.from('second'));
    assert.equal(Buffer.concat([...batch.chunks]).toString(), 'first');
    batch.giveBack();
    assert.equal(Buffer.concat([...queue.take().chunks]).toString(), 'second');
  });
});

describe('a pool of buffers', () => {
  it('makes one only where none was given back', () => {
    const pool = new BufferPool(8);
    const first = pool.take();
    const second = pool.take();
    assert.notEqual(first, second);
    pool.give(first);
    assert.equal(pool.take(), first);
    assert.equal(second.length, 8);
  });
});
