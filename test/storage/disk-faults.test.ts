import assert from 'node:assert/strict';
import fs, { openSync, readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createFolderStorage } from '../../engine/storage/index.ts';
import { errno, openStorage, testDisk } from './open-storage.ts';
import { temporaryFolder } from './temporary-folder.ts';

const files = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
const chunk = (): Buffer => Buffer.alloc(1024 * 1024, 7);

/** Where a disk can fail: the calls by the names of their moments, on a brisk and on a slow disk. */
const moments = {
  'when the file is made': ['createNow', 'create'],
  'in the middle of the file': ['writeNow', 'write'],
  'when it is renamed': ['renameNow', 'rename'],
  'when it is synced': ['syncFile'],
  'when its folder is synced': ['syncFolder'],
} as const;

describe('a disk that fails', () => {
  for (const [when, calls] of Object.entries(moments)) {
    for (const isBrisk of [true, false]) {
      for (const [code, expected] of [
        ['ENOSPC', 'GY401'],
        ['EDQUOT', 'GY401'],
        ['EROFS', 'GY402'],
        ['EACCES', 'GY402'],
        ['EIO', 'GY403'],
      ] as const) {
        it(`with ${code} ${when} fails the commit with ${expected} and leaves nothing (${isBrisk ? 'brisk' : 'slow'})`, async (test) => {
          const disk = testDisk({ isBrisk });
          const storage = await openStorage(test, { disk });
          const { path } = await storage.create(Buffer.from('the folder is made')).commit();
          await storage.delete(path);
          const whole = { ...disk };
          for (const call of calls)
            Object.assign(disk, {
              [call]: () => {
                if (call.endsWith('Now')) throw errno(code);
                return Promise.reject(errno(code));
              },
            });
          const writer = storage.create(Buffer.from('header'));
          if (!writer.write(chunk())) await writer.drained();
          await assert.rejects(writer.commit(), { name: 'GantryError', code: expected });
          await writer.discard();
          assert.deepEqual(files(storage.root), []);

          Object.assign(disk, whole);
          await storage.create(Buffer.from('header')).commit();
          assert.equal(files(storage.root).length, 1, 'the next one is stored');
        });
      }
    }
  }

  for (const isBrisk of [true, false]) {
    it(`lets the rest of the transfer pass, so that the peer can be told (${isBrisk ? 'brisk' : 'slow'})`, async (test) => {
      const disk = testDisk({ isBrisk });
      const storage = await openStorage(test, { disk, queueBudgetBytes: 4 * 1024 * 1024 });
      await storage.create(Buffer.from('header')).commit();
      const whole = { ...disk };
      disk.writeNow = () => {
        throw errno('ENOSPC');
      };
      disk.write = () => Promise.reject(errno('ENOSPC'));
      const writer = storage.create(Buffer.from('header'));
      for (let n = 0; n < 30; n++) if (!writer.write(chunk())) await writer.drained();
      assert.equal(writer.write(chunk()), true);
      await assert.rejects(writer.commit(), { code: 'GY401' });

      Object.assign(disk, whole);
      const next = storage.create(Buffer.from('header'));
      assert.equal(next.write(chunk()), true, 'what failed gave its bytes back to the budget');
      await next.commit();
    });
  }

  it('whose folder someone removes makes it again', async (test) => {
    const storage = await openStorage(test, { disk: testDisk() });
    await storage.create(Buffer.from('header')).commit();
    await rm(storage.root, { recursive: true });
    const { path } = await storage.create(Buffer.from('header')).commit();
    assert.equal(await readFile(storage.resolve(path), 'utf8'), 'header');
  });

  it('with writes that come short loses no byte', async (test) => {
    const storage = await openStorage(test, { disk: testDisk() });
    await storage.create(Buffer.from('header')).commit();
    // At most 1,000 bytes at a time, across the borders of chunks.
    const { writevSync } = fs;
    test.mock.method(fs, 'writevSync', (descriptor: number, chunks: readonly Buffer[]) =>
      writevSync(descriptor, [Buffer.concat(chunks).subarray(0, 1_000)]),
    );
    const chunks = [Buffer.from('header'), ...Array.from({ length: 9 }, (_, index) => Buffer.alloc(index * 300, index))];
    const writer = storage.create(chunks[0] ?? Buffer.alloc(0));
    for (const bytes of chunks.slice(1)) writer.write(bytes);
    const { path } = await writer.commit();
    assert.deepEqual(await readFile(storage.resolve(path)), Buffer.concat(chunks));
  });

  it('that is full in truth fails the commit with GY401', async (test) => {
    // /dev/full answers every write with ENOSPC; writev itself, not a stand-in.
    const disk = testDisk();
    const storage = await openStorage(test, { disk });
    await storage.create(Buffer.from('header')).commit();
    disk.createNow = () => openSync('/dev/full', 'w');
    const writer = storage.create(Buffer.from('header'));
    writer.write(chunk());
    await assert.rejects(writer.commit(), { code: 'GY401' });
  });
});

describe('a storage folder', () => {
  it('that cannot be made is one clear error', async (test) => {
    const file = join(await temporaryFolder(test), 'file');
    await writeFile(file, '');
    assert.throws(() => createFolderStorage({ root: join(file, 'below'), watermarkPercent: 85, reserveSpaceGb: 5 }), {
      code: 'GY403',
      message: /cannot use .* as storage folder: I\/O error \(ENOTDIR\)/,
    });
  });
});
