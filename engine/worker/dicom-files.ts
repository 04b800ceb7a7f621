import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError } from '../errors/index.ts';

/** More than any job makes on purpose. */
const limits = { depth: 16, entries: 50_000 } as const;

export interface FoundFile {
  readonly path: string;
  /** PS3.10 §7.1: 128 bytes, then `DICM`. False for a file that is only named like one. */
  readonly isPart10: boolean;
}

/**
 * The files below a folder that are DICOM Part 10, or are named `.dcm`, in the order of their names. Links are not
 * followed: a job's output cannot name a file of somebody else's. Throws GY612 beyond the limits.
 */
export async function* dicomFiles(
  folder: string,
  { depth, entries }: { readonly depth: number; readonly entries: number } = limits,
): AsyncGenerator<FoundFile> {
  let seen = 0;
  async function* walk(current: string, level: number): AsyncGenerator<FoundFile> {
    if (level > depth) throw new GantryError('GY612', `the output has folders more than ${depth} deep`);
    const found = await readdir(current, { withFileTypes: true });
    for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      seen += 1;
      if (seen > entries) throw new GantryError('GY612', `the output has more than ${entries} files and folders`);
      const path = join(current, entry.name);
      if (entry.isDirectory()) yield* walk(path, level + 1);
      if (!entry.isFile()) continue;
      const isPart10 = await hasPrefix(path);
      if (isPart10 || entry.name.toLowerCase().endsWith('.dcm')) yield { path, isPart10 };
    }
  }
  yield* walk(folder, 1);
}

async function hasPrefix(path: string): Promise<boolean> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 128);
    return bytesRead === 4 && buffer.toString('latin1') === 'DICM';
  } finally {
    await file.close();
  }
}
