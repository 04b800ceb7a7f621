import type { Dirent } from 'node:fs';
import { readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, fileError } from './file-error.ts';
import { dayOf, dayPattern, filePattern, partEnding, shardPattern } from './layout.ts';

export interface ScanOptions {
  readonly root: string;
  /** Temporary files of live writers. */
  readonly underWay: ReadonlySet<string>;
  /** Milliseconds since the epoch: temporary files older than that have no writer any more. */
  readonly startedAt: number;
  /** Paths of files that the ledger has. */
  readonly recorded: ReadonlySet<string>;
  syncFolder(path: string): Promise<void>;
}

const dayMs = 86_400_000;

/**
 * Every file of the layout below the root, as paths relative to it. Renames again what a power cut took back to its temporary name,
 * removes leftovers, and empty folders of days gone by; leaves all else alone.
 */
export async function scanFolder({
  root,
  underWay,
  startedAt,
  recorded,
  syncFolder,
}: ScanOptions): Promise<{ readonly paths: readonly string[]; readonly leftovers: number }> {
  const paths: string[] = [];
  let leftovers = 0;
  // A file begun before midnight still lands in yesterday's folder.
  const yesterday = dayOf(Date.now() - dayMs);

  for (const day of await folders(root, dayPattern)) {
    for (const shard of await folders(join(root, day), shardPattern)) {
      const folder = join(root, day, shard);
      const place = `${day}/${shard}`;
      const names = (await list(folder)).filter((entry) => entry.isFile()).map(({ name }) => name);
      const stored = names.filter((name) => filePattern.test(name));
      const taken = new Set(stored);
      const renamedBack: string[] = [];
      for (const name of names.filter((each) => each.endsWith(partEnding))) {
        const final = name.slice(0, -partEnding.length);
        if (recorded.has(`${place}/${final}`) && !taken.has(final)) renamedBack.push(final);
        else if (await removeLeftover(join(folder, name), underWay, startedAt)) leftovers++;
      }
      for (const final of renamedBack) await renameAgain(join(folder, final));
      if (renamedBack.length > 0) await syncFolder(folder);
      for (const name of [...stored, ...renamedBack]) paths.push(`${place}/${name}`);
      if (day < yesterday) await removeIfEmpty(folder);
    }
    if (day < yesterday) await removeIfEmpty(join(root, day));
  }
  return { paths, leftovers };
}

async function folders(parent: string, pattern: RegExp): Promise<string[]> {
  const entries = await list(parent);
  return entries.filter((entry) => entry.isDirectory() && pattern.test(entry.name)).map(({ name }) => name);
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw fileError(`cannot list ${folder}`, error);
  }
}

async function renameAgain(file: string): Promise<void> {
  try {
    await rename(`${file}${partEnding}`, file);
  } catch (error) {
    throw fileError(`cannot rename a file to ${file}`, error);
  }
}

/** Whether bytes of a transfer were in it: empty ones had been made ahead. */
async function removeLeftover(file: string, underWay: ReadonlySet<string>, startedAt: number): Promise<boolean> {
  if (underWay.has(file)) return false;
  try {
    const { mtimeMs, size } = await stat(file);
    if (mtimeMs >= startedAt) return false;
    await unlink(file);
    return size > 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw fileError(`cannot remove ${file}`, error);
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'ENOTEMPTY' && errno !== 'EEXIST' && errno !== 'ENOENT') throw fileError(`cannot remove ${folder}`, error);
  }
}
