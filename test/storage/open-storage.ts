import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createFolderStorage, type FolderStorageOptions } from '../../engine/storage/folder-storage.ts';
import type { Storage } from '../../engine/storage/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

export async function openStorage(test: TestContext, options: Partial<FolderStorageOptions> = {}): Promise<Storage> {
  const folder = await temporaryFolder(test);
  return createFolderStorage({ root: join(folder, 'instances'), watermarkPercent: 99, reserveSpaceGb: 0, ...options });
}

/** The class is not exported: faults of a disk are put on its prototype. */
export async function fileHandlePrototype(): Promise<FileHandle> {
  const handle = await open(import.meta.filename, 'r');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

export const errno = (code: string): Error => Object.assign(new Error(`${code}: as the test says`), { code });
