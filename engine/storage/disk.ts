import fs from 'node:fs';
import { promisify } from 'node:util';
import { Pace } from './pace.ts';

const later = {
  open: promisify(fs.open),
  writev: promisify(fs.writev),
  rename: promisify(fs.rename),
  close: promisify(fs.close),
  fdatasync: promisify(fs.fdatasync),
  fsync: promisify(fs.fsync),
};

/** A job may read what it was handed as a hard link; nobody may write. */
const fileMode = 0o440;

/**
 * The calls of the operating system that a file is stored with. Those that end in `Now` block the thread: a write into the page cache
 * takes microseconds, and the way through a thread pool and back a hundred. `isBrisk` says whether they may be used.
 */
export interface Disk {
  /** False for a while after a call that blocked for long: an overloaded or remote disk must not hold up other associations. */
  readonly isBrisk: boolean;
  /** For writing; fails where it exists. */
  createNow(path: string): number;
  create(path: string): Promise<number>;
  /** All of the bytes: a write may be short, and on a full disk it is before it fails. */
  writeNow(descriptor: number, chunks: readonly Buffer[]): void;
  write(descriptor: number, chunks: readonly Buffer[]): Promise<void>;
  renameNow(from: string, to: string): void;
  rename(from: string, to: string): Promise<void>;
  closeNow(descriptor: number): void;
  close(descriptor: number): Promise<void>;
  /** Never blocks: a sync takes as long as the disk likes. */
  syncFile(descriptor: number): Promise<void>;
  syncFolder(path: string): Promise<void>;
}

/** `inMemory`: the file system has no disk to sync to. */
export function createDisk({ inMemory = false }: { readonly inMemory?: boolean } = {}): Disk {
  const pace = new Pace();
  return {
    get isBrisk() {
      return pace.isBrisk;
    },
    createNow: (path) => pace.timed(() => fs.openSync(path, 'wx', fileMode)),
    create: (path) => later.open(path, 'wx', fileMode),
    writeNow: (descriptor, chunks) =>
      pace.timed(() => {
        for (let left = chunks; left.length > 0; ) left = after(left, fs.writevSync(descriptor, left));
      }),
    async write(descriptor, chunks) {
      for (let left = chunks; left.length > 0; ) left = after(left, (await later.writev(descriptor, left)).bytesWritten);
    },
    renameNow: (from, to) => pace.timed(() => fs.renameSync(from, to)),
    rename: later.rename,
    closeNow: (descriptor) => pace.timed(() => fs.closeSync(descriptor)),
    close: later.close,
    syncFile: inMemory ? () => Promise.resolve() : later.fdatasync,
    async syncFolder(path) {
      if (inMemory) return;
      const descriptor = fs.openSync(path, 'r');
      try {
        await later.fsync(descriptor);
      } finally {
        fs.closeSync(descriptor);
      }
    },
  };
}

/** What is left of chunks when their first bytes are gone. */
function after(chunks: readonly Buffer[], bytes: number): readonly Buffer[] {
  let skipped = 0;
  for (const [index, chunk] of chunks.entries()) {
    if (skipped + chunk.length > bytes) return [chunk.subarray(bytes - skipped), ...chunks.slice(index + 1)];
    skipped += chunk.length;
  }
  return [];
}
