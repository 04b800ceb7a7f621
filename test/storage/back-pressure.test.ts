import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Pace } from '../../engine/storage/pace.ts';
import { openStorage, testDisk } from './open-storage.ts';

const megabytes = (n: number): Buffer => Buffer.alloc(n * 1024 * 1024);
const header = Buffer.alloc(400);

/** A disk whose writes end only when told; `begun` counts them. */
function gatedDisk(): { readonly disk: ReturnType<typeof testDisk>; open(): void; begun(): number } {
  const gate = Promise.withResolvers<void>();
  let begun = 0;
  const disk = testDisk({ isBrisk: false });
  const { write } = disk;
  disk.write = async (descriptor, chunks) => {
    begun++;
    await gate.promise;
    return write(descriptor, chunks);
  };
  return { disk, open: () => gate.resolve(), begun: () => begun };
}

describe('a writer on a brisk disk', () => {
  it('makes one file of many small chunks with one write', async (test) => {
    let writes = 0;
    const disk = testDisk();
    const { writeNow } = disk;
    disk.writeNow = (descriptor, chunks) => {
      writes++;
      writeNow(descriptor, chunks);
    };
    const storage = await openStorage(test, { disk });
    await storage.create(header).commit();
    writes = 0;
    const writer = storage.create(header);
    for (let n = 0; n < 30; n++) assert.equal(writer.write(Buffer.alloc(2_000)), true);
    assert.equal(writes, 0);
    await writer.commit();
    assert.equal(writes, 1);
  });

  it('keeps nothing in memory: what was gathered goes to the disk before more is taken', async (test) => {
    const storage = await openStorage(test, { disk: testDisk(), queueBudgetBytes: 1024 * 1024 });
    await storage.create(header).commit();
    const writer = storage.create(header);
    for (let n = 0; n < 20; n++) assert.equal(writer.write(megabytes(1)), true);
    const { sizeBytes } = await writer.commit();
    assert.equal(sizeBytes, header.length + megabytes(20).length);
  });
});

describe('a writer on a slow disk', () => {
  it('asks to wait when more than 2 MiB are queued, and no longer once they are written', async (test) => {
    const { disk, open } = gatedDisk();
    const storage = await openStorage(test, { disk });
    const writer = storage.create(header);
    assert.equal(writer.write(megabytes(1)), true);
    assert.equal(writer.write(megabytes(2)), false);
    open();
    await writer.drained();
    assert.equal(writer.write(megabytes(1)), true);
    const { sizeBytes } = await writer.commit();
    assert.equal(sizeBytes, header.length + megabytes(4).length);
  });

  it('asks to wait when all writers together have used up their budget, and goes on by itself', async (test) => {
    const storage = await openStorage(test, { disk: testDisk({ isBrisk: false }), queueBudgetBytes: 190_000 });
    // Three small files all but fill the budget and stay in memory: their peers say nothing for a while.
    const idle = [1, 2, 3].map(() => storage.create(header));
    for (const writer of idle) assert.equal(writer.write(Buffer.alloc(62_000)), true);
    const busy = storage.create(header);
    for (let n = 0; n < 3; n++) {
      assert.equal(busy.write(Buffer.alloc(50_000)), false);
      await busy.drained();
    }
    await Promise.all(idle.map((writer) => writer.commit()));
    assert.equal(busy.write(Buffer.alloc(50_000)), true, 'the committed ones gave their bytes back');
    await busy.commit();
  });

  it('gives its bytes back to the budget when it is discarded', async (test) => {
    const storage = await openStorage(test, { disk: testDisk({ isBrisk: false }), queueBudgetBytes: 1024 * 1024 });
    for (let n = 0; n < 5; n++) {
      const writer = storage.create(header);
      writer.write(megabytes(0.9));
      await writer.discard();
    }
    const writer = storage.create(header);
    assert.equal(writer.write(megabytes(0.9)), true);
    await writer.discard();
  });

  it('that becomes brisk in the middle of a file keeps the order of its bytes', async (test) => {
    const { disk, open } = gatedDisk();
    const storage = await openStorage(test, { disk });
    const writer = storage.create(header);
    const chunks = Array.from({ length: 40 }, (_, index) => Buffer.alloc(100_000, index));
    for (const chunk of chunks.slice(0, 20)) writer.write(Buffer.from(chunk));
    disk.isBrisk = true;
    for (const chunk of chunks.slice(20, 30)) writer.write(Buffer.from(chunk));
    open();
    await writer.drained();
    for (const chunk of chunks.slice(30)) writer.write(Buffer.from(chunk));
    const { path } = await writer.commit();
    assert.ok((await readFile(storage.resolve(path))).equals(Buffer.concat([header, ...chunks])));
  });
});

describe('the pace of a disk', () => {
  it('is brisk until a call blocks for long, not for five seconds, and then is tried again', () => {
    let clock = 1_000;
    const pace = new Pace(() => clock);
    const took = (milliseconds: number) => (): void => {
      clock += milliseconds;
    };
    pace.timed(took(90));
    assert.equal(pace.isBrisk, true);
    assert.throws(() =>
      pace.timed(() => {
        took(101)();
        throw new Error('the call failed, and slowly');
      }),
    );
    assert.equal(pace.isBrisk, false);
    clock += 4_999;
    assert.equal(pace.isBrisk, false);
    clock += 1;
    assert.equal(pace.isBrisk, true);
  });
});
