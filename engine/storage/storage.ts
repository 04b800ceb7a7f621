import type { Buffer } from 'node:buffer';

export interface StoredFile {
  /** Relative to the root. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** Where a test may end the process, in the order of a file's way. */
export type StorageCrashPoint = 'written' | 'renamed' | 'synced';

/** A file under way. */
export interface StorageWriter {
  /**
   * Appends bytes, which are valid during the call.
   * False: more than its share is queued; wait for `drained` before reading more from the peer.
   */
  write(chunk: Buffer): boolean;
  drained(): Promise<void>;
  /**
   * Renames into place, and syncs: the file outlives a power cut, by its name or, where the ledger has it, until the next `scan` by its
   * temporary one. Throws GY4xx (no space, read-only, …), and nothing is left then.
   */
  commit(): Promise<StoredFile>;
  /** Drops what was written; never throws. */
  discard(): Promise<void>;
}

/** Where instance files live. Names are generated: nothing from the wire is part of a path. */
export interface Storage {
  readonly root: string;
  /** `header` is the Part 10 preamble and meta header, counted in `sizeBytes`. */
  create(header: Buffer): StorageWriter;
  /** Copies a Part 10 file into storage as it is. Throws GY405 where it is not to be had whole. */
  adopt(file: string): Promise<StoredFile>;
  /** Absolute path of a stored file; throws where it would leave the root. */
  resolve(path: string): string;
  /** Deletes; a file already gone is fine. */
  delete(path: string): Promise<void>;
  /**
   * For the sweep: every final file below the root, and leftovers of writes that never ended, which it deletes. A file that is `recorded`
   * and bears its temporary name, as after a power cut, is renamed again.
   */
  scan(recorded: ReadonlySet<string>): Promise<{ readonly paths: readonly string[]; readonly leftovers: number }>;
  /** Free-space guard: reserved = max(total × (1 − watermark), reserve); open when free > reserved. Cached for a second. */
  space(): Promise<{ readonly open: boolean; readonly freeBytes: number; readonly reservedBytes: number; readonly totalBytes: number }>;
  /** Removes files that were made ahead; what is under way goes on. */
  close(): Promise<void>;
}
