import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openStorage } from './open-storage.ts';
import { temporaryFolder } from './temporary-folder.ts';

const header = Buffer.from('a header of its own');
const files = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));

describe('a stored file', () => {
  it('has the bytes that were written, after its header', async (test) => {
    const storage = await openStorage(test);
    const writer = storage.create(header);
    const chunks = Array.from({ length: 300 }, (_, index) => Buffer.alloc(index % 50, index));
    for (const chunk of chunks) writer.write(Buffer.from(chunk));
    const { path, sizeBytes } = await writer.commit();

    const dataset = Buffer.concat(chunks);
    assert.deepEqual(await readFile(storage.resolve(path)), Buffer.concat([header, dataset]));
    assert.equal(sizeBytes, header.length + dataset.length);
  });

  it('keeps the order of its chunks also where it is too large for memory', async (test) => {
    const storage = await openStorage(test);
    const writer = storage.create(header);
    const chunks = Array.from({ length: 200 }, (_, index) => Buffer.alloc(64 * 1024 + index, index));
    for (const chunk of chunks) if (!writer.write(Buffer.from(chunk))) await writer.drained();
    const { path } = await writer.commit();

    assert.deepEqual(await readFile(storage.resolve(path)), Buffer.concat([header, ...chunks]));
  });

  it('is named by day, two hexadecimal digits and a generated id, with nothing of the wire', async (test) => {
    const storage = await openStorage(test);
    const paths = await Promise.all(Array.from({ length: 20 }, () => storage.create(header).commit()));
    const today = new Date().toISOString().slice(0, 10);
    for (const { path } of paths) assert.match(path, new RegExp(`^(${today}|\\d{4}-\\d\\d-\\d\\d)/[0-9a-f]{2}/[0-9a-f]{32}\\.dcm$`));
    assert.equal(new Set(paths.map(({ path }) => path)).size, 20);
  });

  it('cannot be written any more, so that a job which got it as a hard link cannot change it', async (test) => {
    const storage = await openStorage(test);
    const { path } = await storage.create(header).commit();
    assert.equal((await stat(storage.resolve(path))).mode & 0o222, 0);
  });

  it('is stored although someone has removed the folder it goes to', async (test) => {
    const storage = await openStorage(test);
    await storage.create(header).commit();
    await rm(storage.root, { recursive: true });
    const { path } = await storage.create(header).commit();
    assert.deepEqual(await readFile(storage.resolve(path)), header);
  });

  it('is deleted, and deleting it again is fine', async (test) => {
    const storage = await openStorage(test);
    const { path } = await storage.create(header).commit();
    await storage.delete(path);
    assert.equal(existsSync(storage.resolve(path)), false);
    await storage.delete(path);
  });
});

describe('a discarded file', () => {
  it('leaves nothing behind, small or large', async (test) => {
    const storage = await openStorage(test);
    for (const bytes of [10, 3 * 1024 * 1024]) {
      const writer = storage.create(header);
      writer.write(Buffer.alloc(bytes));
      await writer.discard();
      await writer.discard();
    }
    assert.deepEqual(files(storage.root), []);
  });

  it('cannot be committed any more', async (test) => {
    const storage = await openStorage(test);
    const writer = storage.create(header);
    await writer.discard();
    await assert.rejects(writer.commit(), { code: 'GY403' });
  });

  it('stays where its commit came first', async (test) => {
    const storage = await openStorage(test);
    const writer = storage.create(header);
    const committing = writer.commit();
    await writer.discard();
    const { path } = await committing;
    await writer.discard();
    assert.deepEqual(await readFile(storage.resolve(path)), header);
  });
});

describe('a path', () => {
  it('is refused where it would leave the root', async (test) => {
    const storage = await openStorage(test);
    for (const path of ['../x.dcm', 'a/../../x.dcm', '/etc/passwd', '..', '.', '', 'a\0b'])
      assert.throws(() => storage.resolve(path), { code: 'GY404' }, JSON.stringify(path));
    await assert.rejects(storage.delete('../x.dcm'), { code: 'GY404' });
    assert.equal(storage.resolve('2025-01-01/aa/..x.dcm'), join(storage.root, '2025-01-01/aa/..x.dcm'));
  });
});

describe('an adopted file', () => {
  it('is copied as it is', async (test) => {
    const storage = await openStorage(test);
    const source = join(await temporaryFolder(test), 'made.dcm');
    const dataset = Buffer.alloc(5 * 1024 * 1024 + 3, 'gantry');
    await writeFile(source, Buffer.concat([header, dataset]));
    const { path, sizeBytes } = await storage.adopt(source);

    assert.equal(sizeBytes, header.length + dataset.length);
    assert.deepEqual(await readFile(storage.resolve(path)), Buffer.concat([header, dataset]));
    await writeFile(source, 'changed afterwards');
    assert.equal((await stat(storage.resolve(path))).size, sizeBytes);
  });

  it('is refused where it is gone, or no regular file', async (test) => {
    const storage = await openStorage(test);
    const folder = await temporaryFolder(test);
    await symlink('/dev/zero', join(folder, 'endless.dcm'));
    await assert.rejects(storage.adopt(join(folder, 'gone.dcm')), { code: 'GY405' });
    await assert.rejects(storage.adopt(join(folder, 'endless.dcm')), { code: 'GY405' });
    await assert.rejects(storage.adopt(folder), { code: 'GY405' });
    assert.deepEqual(files(storage.root), []);
  });
});
