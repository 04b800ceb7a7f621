import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where receivers under measurement write, one after the other, each in a folder of its own. */
export interface Ground {
  readonly base: string;
  readonly isDisk: boolean;
  /** Before each receiver: no one must find the work of the last one still to be done. `folder`: of the last. */
  settle(folder?: string): void;
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
  const memory = new WarmMemory();
  return {
    base,
    isDisk,
    settle(folder) {
      if (isDisk) execFileSync('sync');
      else if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      memory.fill();
    },
    remove() {
      rmSync(base, { recursive: true, force: true });
      memory.remove();
    },
  };
}

const keptFreeBytes = 512 * 1_048_576;

/**
 * A virtual machine gives free memory back to its host, and the first touch of a page that was given back costs ten times as much as
 * writing it: more than receiving what it holds. So free memory is filled with what the system can drop at once, the page cache of a file
 * that is all hole: what receivers write comes to pages that the machine has.
 */
class WarmMemory {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gantry-bench-hole-'));
  readonly #hole = openSync(join(this.#folder, 'hole'), 'w+');
  #length = 0;

  fill(): void {
    const buffer = Buffer.alloc(1_048_576);
    const more = freeBytes() - keptFreeBytes;
    if (more <= 0) return;
    const end = this.#length + more;
    ftruncateSync(this.#hole, end);
    for (; this.#length < end; this.#length += buffer.length) readSync(this.#hole, buffer, 0, buffer.length, this.#length);
  }

  remove(): void {
    closeSync(this.#hole);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const freeBytes = (): number => Number(/^MemFree:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1] ?? 0) * 1_024;
