import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';
import type { Storage } from '../../engine/storage/index.ts';
import { errno, openStorage, testDisk } from './open-storage.ts';

const parts = (root: string): string[] => readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.part'));

async function burst(storage: Storage, count: number): Promise<string[]> {
  const paths: string[] = [];
  for (let n = 0; n < count; n++) {
    const writer = storage.create(Buffer.from('header '));
    writer.write(Buffer.from(`${n}`));
    paths.push((await writer.commit()).path);
  }
  return paths;
}

/** A disk that counts the syncs of files and of folders. */
function countingDisk(changes: Parameters<typeof testDisk>[0] = {}) {
  const disk = testDisk(changes);
  const counts = { files: 0, folders: 0 };
  const { syncFile, syncFolder } = disk;
  disk.syncFile = (descriptor) => {
    counts.files++;
    return syncFile(descriptor);
  };
  disk.syncFolder = (path) => {
    counts.folders++;
    return syncFolder(path);
  };
  return { disk, counts };
}

describe('files made ahead', () => {
  for (const isBrisk of [true, false]) {
    it(`have many instances share the sync of a folder, each with its own bytes (${isBrisk ? 'brisk' : 'slow'})`, async (test) => {
      const { disk, counts } = countingDisk({ isBrisk });
      const storage = await openStorage(test, { disk });
      const paths = await burst(storage, 300);
      assert.equal(counts.files, 300, 'every file is synced');
      assert.ok(counts.folders < 100, `${counts.folders} syncs of folders for 300 files`);
      assert.equal(new Set(paths).size, 300);
      for (const [n, path] of paths.entries()) assert.equal(await readFile(storage.resolve(path), 'utf8'), `header ${n}`);
      await storage.close();
    });
  }

  it('are not made for a few instances', async (test) => {
    const { disk, counts } = countingDisk();
    const storage = await openStorage(test, { disk });
    await burst(storage, 20);
    assert.deepEqual(parts(storage.root), []);
    assert.ok(counts.folders >= 20);
  });

  for (const isBrisk of [true, false]) {
    it(`are in a folder that was synced after they were made, and before a commit answers (${isBrisk ? 'brisk' : 'slow'})`, async (test) => {
      const disk = testDisk({ isBrisk });
      const { createNow, create, syncFolder } = disk;
      let moment = 0;
      const made = new Map<string, number>();
      const syncs: { folder: string; begun: number; ended: number }[] = [];
      disk.createNow = (path) => {
        const descriptor = createNow(path);
        made.set(path, ++moment);
        return descriptor;
      };
      disk.create = async (path) => {
        const descriptor = await create(path);
        made.set(path, ++moment);
        return descriptor;
      };
      disk.syncFolder = async (folder) => {
        const begun = ++moment;
        await syncFolder(folder);
        syncs.push({ folder, begun, ended: ++moment });
      };
      const storage = await openStorage(test, { disk });
      const commit = async (): Promise<void> => {
        const { path } = await storage.create(Buffer.from('x')).commit();
        const answered = ++moment;
        const file = storage.resolve(path);
        const madeAt = made.get(`${file}.part`) ?? Number.POSITIVE_INFINITY;
        const isDurable = syncs.some(({ folder, begun, ended }) => folder === dirname(file) && begun > madeAt && ended < answered);
        assert.ok(isDurable, `made at ${madeAt}, answered at ${answered}`);
      };
      for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 8 }, commit));
      await storage.close();
    });
  }

  it('are gone a while after the burst, and when storage is closed', async (test) => {
    const storage = await openStorage(test);
    await burst(storage, 100);
    assert.ok(parts(storage.root).length > 0, 'some are left over');
    const begun = Date.now();
    while (parts(storage.root).length > 0 && Date.now() - begun < 20_000) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(parts(storage.root), []);

    await burst(storage, 100);
    assert.ok(parts(storage.root).length > 0);
    await storage.close();
    assert.deepEqual(parts(storage.root), []);
    await burst(storage, 100);
    assert.deepEqual(parts(storage.root), [], 'a closed one makes none ahead');
  });

  it('are not taken for leftovers by a scan', async (test) => {
    const storage = await openStorage(test);
    const paths = await burst(storage, 100);
    const { paths: found, leftovers } = await storage.scan(new Set());
    assert.deepEqual({ found: found.length, leftovers }, { found: 100, leftovers: 0 });
    paths.push(...(await burst(storage, 50)));
    assert.equal((await storage.scan(new Set())).paths.length, paths.length);
    await storage.close();
  });

  it('cost one commit where someone removes their folder, and no more', async (test) => {
    const storage = await openStorage(test);
    await burst(storage, 100);
    await rm(storage.root, { recursive: true });
    await assert.rejects(burst(storage, 1), { name: 'GantryError', code: 'GY403' });
    await burst(storage, 100);
    await storage.close();
  });

  it('cannot be made on a full disk, which fails who needs a file with the reason', async (test) => {
    const disk = testDisk();
    const storage = await openStorage(test, { disk });
    await burst(storage, 30);
    const { createNow, create } = disk;
    let failures = 0;
    disk.createNow = () => {
      failures++;
      throw errno('ENOSPC');
    };
    disk.create = async () => disk.createNow('');
    for (let n = 0; n < 40; n++) await assert.rejects(burst(storage, 1), { code: 'GY401' });
    assert.ok(failures > 40, 'it was tried ahead too');
    assert.deepEqual(parts(storage.root), []);
    Object.assign(disk, { createNow, create });
    await burst(storage, 100);
    await storage.close();
    assert.deepEqual(parts(storage.root), []);
  });
});
