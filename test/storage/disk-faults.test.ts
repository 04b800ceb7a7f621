import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createFolderStorage } from '../../engine/storage/index.ts';
import { errno, fileHandlePrototype, openStorage } from './open-storage.ts';
import { temporaryFolder } from './temporary-folder.ts';

const files = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));
const chunk = (): Buffer => Buffer.alloc(1024 * 1024, 7);

describe('a disk that fails', () => {
  for (const [code, expected] of [
    ['ENOSPC', 'GY401'],
    ['EDQUOT', 'GY401'],
    ['EROFS', 'GY402'],
    ['EACCES', 'GY402'],
    ['EIO', 'GY403'],
  ] as const) {
    it(`with ${code} while writing fails the commit with ${expected} and leaves nothing`, async (test) => {
      const storage = await openStorage(test);
      test.mock.method(await fileHandlePrototype(), 'writev', () => Promise.reject(errno(code)));
      const writer = storage.create(Buffer.from('header'));
      writer.write(chunk());
      await assert.rejects(writer.commit(), { name: 'GantryError', code: expected });
      await writer.discard();
      assert.deepEqual(files(storage.root), []);
    });
  }

  it('while syncing, or while syncing the folder, fails the commit and leaves nothing', async (test) => {
    const storage = await openStorage(test);
    await storage
      .create(Buffer.alloc(1))
      .commit()
      .then(({ path }) => storage.delete(path));
    const prototype = await fileHandlePrototype();
    for (const name of ['datasync', 'sync'] as const) {
      const fault = test.mock.method(prototype, name, () => Promise.reject(errno('EIO')));
      await assert.rejects(storage.create(Buffer.from('header')).commit(), { code: 'GY403' });
      fault.mock.restore();
      assert.deepEqual(files(storage.root), [], name);
    }
  });

  it('lets the rest of the transfer pass, so that the peer can be told', async (test) => {
    const storage = await openStorage(test, { queueBudgetBytes: 4 * 1024 * 1024 });
    test.mock.method(await fileHandlePrototype(), 'writev', () => Promise.reject(errno('ENOSPC')));
    const writer = storage.create(Buffer.from('header'));
    for (let n = 0; n < 30; n++) if (!writer.write(chunk())) await writer.drained();
    assert.equal(writer.write(chunk()), true);
    await assert.rejects(writer.commit(), { code: 'GY401' });

    test.mock.restoreAll();
    const next = storage.create(Buffer.from('header'));
    assert.equal(next.write(chunk()), true, 'what failed gave its bytes back to the budget');
    await next.commit();
  });

  it('with writes that come short loses no byte', async (test) => {
    const storage = await openStorage(test);
    const prototype = await fileHandlePrototype();
    // At most 1,000 bytes at a time, across the borders of chunks.
    test.mock.method(prototype, 'writev', async function (this: FileHandle, chunks: readonly Buffer[]) {
      const bytes = Buffer.concat(chunks).subarray(0, 1_000);
      await this.write(bytes);
      return { bytesWritten: bytes.length, buffers: chunks };
    });
    const chunks = [Buffer.from('header'), ...Array.from({ length: 9 }, (_, index) => Buffer.alloc(index * 300, index))];
    const writer = storage.create(chunks[0] ?? Buffer.alloc(0));
    for (const bytes of chunks.slice(1)) writer.write(bytes);
    const { path } = await writer.commit();
    assert.deepEqual(await readFile(storage.resolve(path)), Buffer.concat(chunks));
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
