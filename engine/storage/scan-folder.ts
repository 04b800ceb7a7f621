import type { Dirent } from 'node:fs';
import { readdir, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, fileError } from './file-error.ts';
import { dayOf, dayPattern, filePattern, partEnding, shardPattern } from './layout.ts';

export interface ScanOptions {
  readonly root: string;
  /** Temporary files of live writers. */
  readonly underWay: ReadonlySet<string>;
  /** Milliseconds since the epoch: temporary files older than that have no writer any more. */
  readonly startedAt: number;
}

const dayMs = 86_400_000;

/** Every file of the layout below the root, as paths relative to it. Removes leftovers, and empty folders of days gone by; leaves all else alone. */
export async function scanFolder({
  root,
  underWay,
  startedAt,
}: ScanOptions): Promise<{ readonly paths: readonly string[]; readonly leftovers: number }> {
  const paths: string[] = [];
  let leftovers = 0;
  // A file begun before midnight still lands in yesterday's folder.
  const yesterday = dayOf(Date.now() - dayMs);

  for (const day of await folders(root, dayPattern)) {
    for (const shard of await folders(join(root, day), shardPattern)) {
      const folder = join(root, day, shard);
      for (const entry of await list(folder)) {
        if (!entry.isFile()) continue;
        if (filePattern.test(entry.name)) paths.push(`${day}/${shard}/${entry.name}`);
        else if (entry.name.endsWith(partEnding) && (await removeLeftover(join(folder, entry.name), underWay, startedAt))) leftovers++;
      }
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

async function removeLeftover(file: string, underWay: ReadonlySet<string>, startedAt: number): Promise<boolean> {
  if (underWay.has(file)) return false;
  try {
    if ((await stat(file)).mtimeMs >= startedAt) return false;
    await unlink(file);
    return true;
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
