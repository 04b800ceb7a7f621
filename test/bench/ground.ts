import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where receivers under measurement write, one after the other, each in a folder of its own. */
export interface Ground {
  readonly base: string;
  readonly isDisk: boolean;
  /** After each receiver: the next one must not find the work of this one still to be done. */
  settle(folder: string): void;
  remove(): void;
}

/**
 * In memory a folder goes at once. On disk it stays until the end, and what is in the page cache is written out before the next receiver
 * starts: ext4 does not give the inodes of deleted files away again for minutes, and looks past each of them whenever a file is made
 * (`recently_deleted` in fs/ext4/ialloc.c), which would charge one receiver with the files of the last.
 */
export function createGround(parent: string): Ground {
  const base = mkdtempSync(join(parent, 'gantry-bench-'));
  const isDisk = !parent.startsWith('/dev/shm');
  return {
    base,
    isDisk,
    settle(folder) {
      if (isDisk) execFileSync('sync');
      else rmSync(folder, { recursive: true, force: true });
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  };
}
