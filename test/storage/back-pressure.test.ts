import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileHandlePrototype, openStorage } from './open-storage.ts';

const megabytes = (n: number): Buffer => Buffer.alloc(n * 1024 * 1024);
const header = Buffer.alloc(400);

describe('a writer', () => {
  it('keeps a small file in memory and writes it at once', async (test) => {
    const storage = await openStorage(test);
    const writes = test.mock.method(await fileHandlePrototype(), 'writev');
    const writer = storage.create(header);
    for (let n = 0; n < 100; n++) assert.equal(writer.write(Buffer.alloc(16_384)), true);
    assert.equal(writes.mock.callCount(), 0);
    await writer.commit();
    assert.equal(writes.mock.callCount(), 1);
  });

  it('asks to wait when more than 8 MiB are queued, and no longer once they are written', async (test) => {
    const storage = await openStorage(test);
    const writer = storage.create(header);
    assert.equal(writer.write(megabytes(7)), true);
    assert.equal(writer.write(megabytes(2)), false);
    await writer.drained();
    assert.equal(writer.write(megabytes(1)), true);
    const { sizeBytes } = await writer.commit();
    assert.equal(sizeBytes, header.length + megabytes(10).length);
  });

  it('asks to wait when all writers together have used up their budget, and goes on by itself', async (test) => {
    const storage = await openStorage(test, { queueBudgetBytes: 5 * 1024 * 1024 });
    // Three small files all but fill the budget and stay in memory: their peers say nothing for a while.
    const idle = [1, 2, 3].map(() => storage.create(header));
    for (const writer of idle) assert.equal(writer.write(megabytes(1.5)), true);
    const busy = storage.create(header);
    for (let n = 0; n < 3; n++) {
      assert.equal(busy.write(megabytes(0.75)), false);
      await busy.drained();
    }
    await Promise.all(idle.map((writer) => writer.commit()));
    assert.equal(busy.write(megabytes(0.75)), true, 'the committed ones gave their bytes back');
    await busy.commit();
  });

  it('gives its bytes back to the budget when it is discarded', async (test) => {
    const storage = await openStorage(test, { queueBudgetBytes: 1024 * 1024 });
    for (let n = 0; n < 5; n++) {
      const writer = storage.create(header);
      writer.write(megabytes(0.9));
      await writer.discard();
    }
    const writer = storage.create(header);
    assert.equal(writer.write(megabytes(0.9)), true);
    await writer.discard();
  });

  it('does not keep one waiting who asks before there is a need, whatever the others hold', async (test) => {
    const storage = await openStorage(test, { queueBudgetBytes: 1024 * 1024 });
    const first = storage.create(header);
    assert.equal(first.write(megabytes(0.9)), true);
    const second = storage.create(header);
    assert.equal(second.write(megabytes(0.9)), false);
    await Promise.all([first.drained(), second.drained()]);
    await Promise.all([first.discard(), second.discard()]);
  });
});
