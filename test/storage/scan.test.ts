import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync } from 'node:fs';
import { mkdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { openStorage, testDisk } from './open-storage.ts';

const hour = 3_600_000;
const none: ReadonlySet<string> = new Set();

async function put(file: string, age: number): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, 'x');
  const time = new Date(Date.now() - age);
  await utimes(file, time, time);
  return file;
}

describe('a scan', () => {
  it('finds every stored file, and leaves alone what is not of its making', async (test) => {
    const storage = await openStorage(test);
    const stored = await Promise.all(Array.from({ length: 130 }, () => storage.create(Buffer.alloc(8)).commit()));
    const foreign = [
      await put(join(storage.root, 'README'), hour),
      await put(join(storage.root, 'lost+found', 'aa', `${'0'.repeat(32)}.dcm`), hour),
      await put(join(storage.root, '2025-01-01', 'aa', 'notes.txt'), hour),
    ];
    const { paths, leftovers } = await storage.scan(none);
    assert.deepEqual([...paths].sort(), stored.map(({ path }) => path).sort());
    assert.equal(leftovers, 0);
    for (const file of foreign) assert.equal(existsSync(file), true, file);
  });

  it('deletes what a killed process left half-written', async (test) => {
    const storage = await openStorage(test);
    const left = await put(join(storage.root, '2025-01-01', 'aa', `${'a'.repeat(32)}.dcm.part`), hour);
    assert.deepEqual(await storage.scan(none), { paths: [], leftovers: 1 });
    assert.equal(existsSync(left), false);
  });

  it('renames again what a power cut took back to its temporary name, if the ledger has it, whatever its time', async (test) => {
    const synced: string[] = [];
    const disk = testDisk();
    const { syncFolder } = disk;
    disk.syncFolder = (path) => {
      synced.push(path);
      return syncFolder(path);
    };
    const storage = await openStorage(test, { disk });
    const [old, young] = [`2025-01-01/aa/${'a'.repeat(32)}.dcm`, `2025-01-01/aa/${'b'.repeat(32)}.dcm`];
    await put(join(storage.root, `${old}.part`), hour);
    await put(join(storage.root, `${young}.part`), -hour);
    const { paths, leftovers } = await storage.scan(new Set([old, young]));
    assert.deepEqual({ paths: [...paths].sort(), leftovers }, { paths: [old, young], leftovers: 0 });
    assert.deepEqual(readdirSync(join(storage.root, '2025-01-01/aa')).sort(), [`${'a'.repeat(32)}.dcm`, `${'b'.repeat(32)}.dcm`]);
    assert.deepEqual(synced, [join(storage.root, '2025-01-01/aa')]);
  });

  it('deletes empty files that were made ahead, and does not count them', async (test) => {
    const storage = await openStorage(test);
    const made = await put(join(storage.root, '2025-01-01', 'aa', `${'a'.repeat(32)}.dcm.part`), hour);
    await truncate(made);
    await utimes(made, 0, 0);
    assert.deepEqual(await storage.scan(none), { paths: [], leftovers: 0 });
    assert.equal(existsSync(made), false);
  });

  it('never deletes what is being written, here or by another process', async (test) => {
    const storage = await openStorage(test);
    const writer = storage.create(Buffer.alloc(8));
    writer.write(Buffer.alloc(3 * 1024 * 1024));
    writer.write(Buffer.alloc(8 * 1024 * 1024));
    await writer.drained();
    const [part = ''] = globSync('**/*.part', { cwd: storage.root });
    const longAgo = new Date(Date.now() - hour);
    await utimes(join(storage.root, part), longAgo, longAgo);
    const another = await put(join(storage.root, '2025-01-01', 'aa', `${'a'.repeat(32)}.dcm.part`), -hour);

    assert.deepEqual(await storage.scan(none), { paths: [], leftovers: 0 });
    assert.equal(existsSync(another), true);
    const { path } = await writer.commit();
    assert.deepEqual((await storage.scan(none)).paths, [path]);
  });

  it('removes the empty folders of days gone by', async (test) => {
    const storage = await openStorage(test);
    await mkdir(join(storage.root, '2025-01-01', 'aa'), { recursive: true });
    const kept = await put(join(storage.root, '2025-01-02', 'bb', `${'b'.repeat(32)}.dcm`), hour);
    const today = new Date().toISOString().slice(0, 10);
    await mkdir(join(storage.root, today, 'cc'), { recursive: true });

    await storage.scan(none);
    assert.equal(existsSync(join(storage.root, '2025-01-01')), false);
    assert.equal(existsSync(kept), true);
    assert.equal(existsSync(join(storage.root, today, 'cc')), true);
  });

  it('of a storage that has none finds none', async (test) => {
    const storage = await openStorage(test);
    assert.deepEqual(await storage.scan(none), { paths: [], leftovers: 0 });
  });
});
