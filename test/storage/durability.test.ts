import assert from 'node:assert/strict';
import fs, { mkdir } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Folders } from '../../engine/storage/folders.ts';
import { fileHandlePrototype, openStorage } from './open-storage.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('a commit', () => {
  it('syncs the file, renames it, and syncs its folder, in this order and before it answers', async (test) => {
    const storage = await openStorage(test);
    await storage.create(Buffer.from('the folders are made')).commit();
    const order: string[] = [];
    const prototype = await fileHandlePrototype();
    for (const name of ['datasync', 'sync'] as const) {
      const original = prototype[name];
      test.mock.method(prototype, name, async function (this: fs.FileHandle) {
        await original.call(this);
        order.push(name);
      });
    }
    const { rename } = fs;
    test.mock.method(fs, 'rename', async (from: string, to: string) => {
      await rename(from, to);
      order.push('rename');
    });
    syncBuiltinESMExports();
    test.after(() => {
      test.mock.restoreAll();
      syncBuiltinESMExports();
    });

    await storage.create(Buffer.from('x')).commit();
    assert.deepEqual(order, ['datasync', 'rename', 'sync']);
  });
});

describe('folders', () => {
  it('are synced in their parents when they are made', async (test) => {
    const root = await temporaryFolder(test);
    const synced = test.mock.method(await fileHandlePrototype(), 'sync');
    await new Folders(root).ensure('2025-01-01', 'aa');
    assert.equal(synced.mock.callCount(), 2, 'the day in the root, the two digits in the day');
  });

  it('are synced once for all who come while a sync runs, and never by one that began before them', async (test) => {
    const root = await temporaryFolder(test);
    const folders = new Folders(root);
    const gates: (() => void)[] = [];
    let begun = 0;
    test.mock.method(await fileHandlePrototype(), 'sync', () => {
      begun++;
      return new Promise<void>((resolve) => gates.push(resolve));
    });
    const untilBegun = async (count: number): Promise<void> => {
      while (gates.length < count) await new Promise(setImmediate);
    };

    const first = folders.sync(root);
    await untilBegun(1);
    let lateAnswered = 0;
    const late = Array.from({ length: 10 }, () => folders.sync(root).then(() => lateAnswered++));
    gates[0]?.();
    await first;
    await untilBegun(2);
    assert.equal(lateAnswered, 0, 'the sync under way may have missed them');
    gates[1]?.();
    await Promise.all(late);
    assert.equal(begun, 2);
  });

  it('are synced again after a sync that failed', async (test) => {
    const root = await temporaryFolder(test);
    const folders = new Folders(root);
    const folder = join(root, 'not-yet');
    const failed = folders.sync(folder);
    const next = folders.sync(folder);
    await assert.rejects(failed, { code: 'ENOENT' });
    await assert.rejects(next, { code: 'ENOENT' });
    await mkdir(folder);
    await folders.sync(folder);
  });
});
