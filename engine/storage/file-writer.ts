import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError } from '../errors/index.ts';
import { errnoOf, fileError } from './file-error.ts';
import type { Folders } from './folders.ts';
import { partEnding } from './layout.ts';
import type { StorageWriter } from './storage.ts';
import { writeAll } from './write-all.ts';
import type { WriteBudget } from './write-budget.ts';

export interface StoredFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface FileWriterOptions {
  readonly header: Buffer;
  readonly name: { readonly day: string; readonly shard: string; readonly file: string };
  readonly folders: Folders;
  readonly budget: WriteBudget;
  /** Temporary files of writers that still live: the sweep leaves them. */
  readonly underWay: Set<string>;
}

/** Up to here a file waits in memory for its commit: one open and one write instead of many. */
const heldBytes = 2 * 1024 * 1024;
/** More than this queued for one file, and the peer has to wait. */
const queueBytes = 8 * 1024 * 1024;
/** A job may read what it was handed as a hard link; nobody may write. */
const fileMode = 0o440;

/** One file on its way into storage. After a failure it swallows what still comes; the commit throws it. */
export class FileWriter implements StorageWriter {
  readonly #options: FileWriterOptions;
  readonly #hash = createHash('sha256');
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  #sizeBytes = 0;
  #holding = true;
  #handle: FileHandle | null = null;
  #part: string | null = null;
  #writing = false;
  #written: Promise<void> = Promise.resolve();
  #failure: GantryError | null = null;
  #state: 'open' | 'committing' | 'ended' = 'open';
  readonly #waiters: (() => void)[] = [];

  constructor(options: FileWriterOptions) {
    this.#options = options;
    this.#enqueue(options.header);
  }

  write(chunk: Buffer): boolean {
    if (this.#state !== 'open' || this.#failure !== null) return true;
    this.#hash.update(chunk);
    this.#enqueue(chunk);
    if (this.#sizeBytes > heldBytes) this.#holding = false;
    if (!this.#holding) void this.#pump();
    return this.#mayGoOn();
  }

  async drained(): Promise<void> {
    if (this.#mayGoOn()) return;
    // Held bytes only go with their commit, which waits for more of them: over the budget they are written now.
    this.#holding = false;
    void this.#pump();
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  async commit(): Promise<StoredFile> {
    if (this.#state !== 'open') throw new GantryError('GY403', 'a file can be committed once, and not after it was dropped');
    this.#state = 'committing';
    const { name, folders, underWay } = this.#options;
    try {
      await this.#pump();
      if (this.#failure !== null) throw this.#failure;
      if (this.#handle === null || this.#part === null) throw new GantryError('GY403', 'a file was committed before it was opened');
      const folder = join(this.#part, '..');
      const final = join(folder, name.file);
      await this.#handle.datasync();
      await this.#close();
      await rename(this.#part, final);
      underWay.delete(this.#part);
      this.#part = final;
      await folders.sync(folder);
    } catch (error) {
      await this.#remove();
      throw fileError(`cannot store a file in ${name.day}/${name.shard}`, error);
    } finally {
      this.#state = 'ended';
    }
    return { path: `${name.day}/${name.shard}/${name.file}`, sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') };
  }

  async discard(): Promise<void> {
    // A commit under way has the word: who asked for it learns what became of the file.
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#drop();
    await this.#written;
    await this.#remove();
  }

  #enqueue(chunk: Buffer): void {
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    this.#sizeBytes += chunk.length;
    this.#options.budget.take(chunk.length);
  }

  #mayGoOn(): boolean {
    if (this.#state !== 'open' || this.#failure !== null) return true;
    // An empty queue goes on whatever the others do: each writer drains by itself, so none waits for another.
    if (this.#options.budget.exhausted) return this.#queuedBytes === 0;
    return this.#holding || this.#queuedBytes <= queueBytes;
  }

  #pump(): Promise<void> {
    if (!this.#writing) {
      this.#writing = true;
      this.#written = this.#writeQueue();
    }
    return this.#written;
  }

  async #writeQueue(): Promise<void> {
    try {
      this.#handle ??= await this.#open();
      while (this.#queue.length > 0) await this.#writeBatch(this.#handle, this.#queue.splice(0));
    } catch (error) {
      this.#failure = fileError(`cannot write to ${this.#options.name.day}/${this.#options.name.shard}`, error);
      this.#drop();
    } finally {
      this.#writing = false;
    }
  }

  async #writeBatch(handle: FileHandle, batch: readonly Buffer[]): Promise<void> {
    const bytes = lengthOf(batch);
    try {
      await writeAll(handle, batch);
    } finally {
      this.#release(bytes);
    }
  }

  async #open(): Promise<FileHandle> {
    const { name, folders, underWay } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const folder = await folders.ensure(name.day, name.shard);
      const part = join(folder, name.file + partEnding);
      underWay.add(part);
      this.#part = part;
      try {
        return await open(part, 'wx', fileMode);
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt > 1) throw error;
        // Someone has removed the empty folder since it was made.
        folders.forget(folder);
      }
    }
  }

  #drop(): void {
    this.#release(lengthOf(this.#queue.splice(0)));
  }

  #release(bytes: number): void {
    this.#queuedBytes -= bytes;
    this.#options.budget.give(bytes);
    if (!this.#mayGoOn()) return;
    for (const wake of this.#waiters.splice(0)) wake();
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  async #remove(): Promise<void> {
    await this.#close().catch(() => {});
    if (this.#part === null) return;
    await unlink(this.#part).catch(() => {});
    this.#options.underWay.delete(this.#part);
    this.#part = null;
  }
}

const lengthOf = (chunks: readonly Buffer[]): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
