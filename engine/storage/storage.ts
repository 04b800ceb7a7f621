import type { Buffer } from 'node:buffer';

/** A file under way. */
export interface StorageWriter {
  /**
   * Appends bytes. The buffer is the writer's from here on.
   * False: more than its share is queued; wait for `drained` before reading more from the peer.
   */
  write(chunk: Buffer): boolean;
  drained(): Promise<void>;
  /** Syncs, renames into place, syncs the folder. `path` is relative to the root. Throws GY4xx (no space, read-only, …). */
  commit(): Promise<{ readonly path: string; readonly sizeBytes: number; readonly sha256: string }>;
  /** Drops what was written; never throws. */
  discard(): Promise<void>;
}

/** Where instance files live. Names are generated: nothing from the wire is part of a path. */
export interface Storage {
  readonly root: string;
  /** `header` is the Part 10 preamble and meta header, counted in `sizeBytes` but not in `sha256`. */
  create(header: Buffer): StorageWriter;
  /** Copies (or links) a Part 10 file into storage as-is; `datasetOffset` is where its meta header ends. */
  adopt(file: string, datasetOffset: number): Promise<{ readonly path: string; readonly sizeBytes: number; readonly sha256: string }>;
  /** Absolute path of a stored file; throws where it would leave the root. */
  resolve(path: string): string;
  /** Deletes; a file already gone is fine. */
  delete(path: string): Promise<void>;
  /** Every final file below the root, and leftovers of writes that never ended (which it deletes), for the sweep. */
  scan(): Promise<{ readonly paths: readonly string[]; readonly leftovers: number }>;
  /** Free-space guard: reserved = max(total × (1 − watermark), reserve); open when free > reserved. Cached for a second. */
  space(): Promise<{ readonly open: boolean; readonly freeBytes: number; readonly reservedBytes: number; readonly totalBytes: number }>;
}
