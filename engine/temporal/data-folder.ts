import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError } from '../errors/index.ts';

/**
 * Makes the data folder where it is missing and proves that it can be written to, by writing: permission bits tell nothing of
 * read-only mounts, full disks and root. Answers its real path, so that one folder has one name.
 * @throws GantryError GY504
 */
export function prepareDataFolder(folder: string): string {
  try {
    // Only the owner: databases in it hold UIDs.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const probe = join(folder, `.writable-${process.pid}`);
    writeFileSync(probe, 'x');
    rmSync(probe);
    return realpathSync(folder);
  } catch (cause) {
    throw notWritable(folder, cause);
  }
}

export function notWritable(folder: string, cause: unknown): GantryError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new GantryError('GY504', `the data folder ${folder} cannot be written to: ${why}`, { cause });
}
