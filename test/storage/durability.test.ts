import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Folders } from '../../engine/storage/folders.ts';
import { openStorage, testDisk } from './open-storage.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('a commit', () => {
  for (const isBrisk of [true, false]) {
    it(`writes and renames the file, and syncs file and folder before it answers, on a ${isBrisk ? 'brisk' : 'slow'} disk`, async (test) => {
      const order: string[] = [];
      const disk = testDisk({ isBrisk });
      const note =
        <A extends unknown[], R>(name: string, call: (...values: A) => R) =>
        (...values: A): R => {
          const result = call(...values);
          if (result instanceof Promise) return result.then(() => void order.push(name)) as R;
          order.push(name);
          return result;
        };
      Object.assign(disk, {
        writeNow: note('write', disk.writeNow),
        write: note('write', disk.write),
        renameNow: note('rename', disk.renameNow),
        rename: note('rename', disk.rename),
        syncFile: note('sync file', disk.syncFile),
        syncFolder: note('sync folder', disk.syncFolder),
      });
      const storage = await openStorage(test, { disk, crashPoint: (at) => order.push(at) });
      await storage.create(Buffer.from('the folders are made')).commit();
      order.length = 0;
      await storage.create(Buffer.from('x')).commit();
      const syncs = order.splice(4, 2);
      assert.deepEqual(order, ['write', 'written', 'rename', 'renamed', 'synced']);
      assert.deepEqual(syncs.sort(), ['sync file', 'sync folder']);
    });
  }
});

describe('folders', () => {
  it('are synced in their parents when they are made', async (test) => {
    const root = await temporaryFolder(test);
    const synced: string[] = [];
    const disk = testDisk({ syncFolder: async (path) => void synced.push(path) });
    await new Folders(root, disk).ensure('2025-01-01', 'aa');
    assert.deepEqual(synced, [join(root, '2025-01-01'), root], 'the two digits in the day, the day in the root');
  });

  it('are synced once for all who come while a sync runs, and never by one that began before them', async (test) => {
    const root = await temporaryFolder(test);
    const gates: (() => void)[] = [];
    let begun = 0;
    const syncFolder = (): Promise<void> => {
      begun++;
      return new Promise<void>((resolve) => gates.push(resolve));
    };
    const folders = new Folders(root, testDisk({ syncFolder }));
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

  it('are synced once for all who ask in one go', async (test) => {
    const root = await temporaryFolder(test);
    let begun = 0;
    const folders = new Folders(root, testDisk({ syncFolder: async () => void begun++ }));
    for (const times of [1, 2]) {
      await Promise.all(Array.from({ length: 10 }, () => folders.sync(root)));
      assert.equal(begun, times);
    }
  });

  it('are synced again after a sync that failed', async (test) => {
    const root = await temporaryFolder(test);
    const folders = new Folders(root, testDisk());
    const folder = join(root, 'not-yet');
    const failed = folders.sync(folder);
    const next = folders.sync(folder);
    await assert.rejects(failed, { code: 'ENOENT' });
    await assert.rejects(next, { code: 'ENOENT' });
    await mkdir(folder);
    await folders.sync(folder);
  });
});
