import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createDisk, type Disk } from '../../engine/storage/disk.ts';
import { createFolderStorage, type FolderStorageOptions } from '../../engine/storage/folder-storage.ts';
import type { Storage } from '../../engine/storage/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

export async function openStorage(test: TestContext, options: Partial<FolderStorageOptions> = {}): Promise<Storage> {
  const folder = await temporaryFolder(test);
  return createFolderStorage({ root: join(folder, 'instances'), watermarkPercent: 99, reserveSpaceGb: 0, ...options });
}

/** The real disk, slow or brisk as told, whose calls can be replaced. */
export function testDisk(changes: Partial<Disk> = {}): { -readonly [K in keyof Disk]: Disk[K] } {
  const real = createDisk();
  return { ...real, isBrisk: true, ...changes };
}

export const errno = (code: string): Error => Object.assign(new Error(`${code}: as the test says`), { code });
