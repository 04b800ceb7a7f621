import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { GantryError } from '../errors/index.ts';
import { adoptFile } from './adopt-file.ts';
import { BufferPool } from './buffer-pool.ts';
import { createDisk, type Disk } from './disk.ts';
import { errnoOf, fileError } from './file-error.ts';
import { FileWriter, gatherBytes } from './file-writer.ts';
import { Folders } from './folders.ts';
import { createSpaceGuard, type SpaceLimits, type Statfs } from './free-space.ts';
import { createNames } from './layout.ts';
import { NewFile } from './new-file.ts';
import { scanFolder } from './scan-folder.ts';
import { SpareFiles } from './spare-files.ts';
import type { Storage, StorageCrashPoint } from './storage.ts';
import { WriteBudget } from './write-budget.ts';

export interface FolderStorageOptions extends SpaceLimits {
  /** Made where it does not exist; on one file system. */
  readonly root: string;
  /** For tests; default: that of the operating system. */
  readonly statfs?: Statfs;
  /** Bytes that all writers together may queue, default 64 MiB. */
  readonly queueBudgetBytes?: number;
  /** For tests: a disk with faults. */
  readonly disk?: Disk;
  /** For tests: where the process may end. */
  crashPoint?(at: StorageCrashPoint): void;
}

/** Magic numbers of tmpfs and ramfs, statfs(2). */
const fileSystemsInMemory: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
const isInMemory = (path: string): boolean => fileSystemsInMemory.has(statfsSync(path).type);

const defaultQueueBudgetBytes = 64 * 1024 * 1024;

/** Instance files in a folder: `<root>/<yyyy-mm-dd>/<2 hex>/<generated id>.dcm`. Throws GY401–GY403 where the folder cannot be made or written. */
export function createFolderStorage({
  root: given,
  statfs,
  queueBudgetBytes = defaultQueueBudgetBytes,
  disk,
  crashPoint = () => {},
  ...limits
}: FolderStorageOptions): Storage {
  const root = resolve(given);
  try {
    mkdirSync(root, { recursive: true, mode: 0o750 });
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw fileError(`cannot use ${root} as storage folder`, error);
  }
  const startedAt = Date.now();
  const usedDisk = disk ?? createDisk({ inMemory: isInMemory(root) });
  const folders = new Folders(root, usedDisk);
  const budget = new WriteBudget(queueBudgetBytes);
  const blocks = new BufferPool(gatherBytes);
  const underWay = new Set<string>();
  const nextName = createNames();
  const newFile = (): NewFile => new NewFile({ disk: usedDisk, folders, underWay, nextName });
  const spares = new SpareFiles(newFile);

  const create: Storage['create'] = (header) => new FileWriter({ header, newFile, disk: usedDisk, spares, budget, blocks, crashPoint });

  const resolveInside: Storage['resolve'] = (path) => {
    const absolute = resolve(root, path);
    const inside = relative(root, absolute);
    if (path.includes('\0') || isAbsolute(path) || inside === '' || inside === '..' || inside.startsWith(`..${sep}`))
      throw new GantryError('GY404', `${JSON.stringify(path)} is not a path inside the storage folder`);
    return absolute;
  };

  return {
    root,
    create,
    adopt: (file) => adoptFile(file, create),
    resolve: resolveInside,
    async delete(path) {
      const file = resolveInside(path);
      try {
        await unlink(file);
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw fileError(`cannot delete ${path}`, error);
      }
    },
    scan: (recorded) => scanFolder({ root, underWay, startedAt, recorded, syncFolder: usedDisk.syncFolder }),
    space: createSpaceGuard(root, limits, statfs),
    close: () => spares.close(),
  };
}
