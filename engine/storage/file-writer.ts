import { GantryError } from '../errors/index.ts';
import { type Batch, BlockQueue } from './block-queue.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { Disk } from './disk.ts';
import { fileError } from './file-error.ts';
import type { NewFile } from './new-file.ts';
import type { SpareFiles } from './spare-files.ts';
import type { StorageCrashPoint, StorageWriter, StoredFile } from './storage.ts';
import type { WriteBudget } from './write-budget.ts';

export interface FileWriterOptions {
  readonly header: Buffer;
  readonly disk: Disk;
  readonly spares: SpareFiles;
  readonly budget: WriteBudget;
  /** Blocks of `gatherBytes`. */
  readonly blocks: BufferPool;
  newFile(): NewFile;
  crashPoint(at: StorageCrashPoint): void;
}

/** Bytes are gathered up to here before they are written: a small file takes one call, and many associations little memory. */
export const gatherBytes = 64 * 1024;
/** More than this queued for one file on a slow disk, and the peer has to wait. */
const queueBytes = 2 * 1024 * 1024;

/**
 * One file on its way into storage. While the disk is brisk, bytes go straight to it; on a slow one they are queued, written by the
 * thread pool, and the peer waits. After a failure it swallows what still comes; the commit throws it.
 */
export class FileWriter implements StorageWriter {
  readonly #options: FileWriterOptions;
  readonly #queue: BlockQueue;
  /** Queued, or on the way into the file. */
  #heldBytes = 0;
  #sizeBytes = 0;
  /** From the first bytes on that go to the disk. */
  #begun: NewFile | null = null;
  #writing: Promise<void> | null = null;
  #failure: GantryError | null = null;
  #state: 'open' | 'committing' | 'ended' = 'open';
  readonly #waiters: (() => void)[] = [];

  constructor(options: FileWriterOptions) {
    this.#options = options;
    this.#queue = new BlockQueue(options.blocks);
    this.#enqueue(options.header);
  }

  write(chunk: Buffer): boolean {
    if (this.#state !== 'open' || this.#failure !== null) return true;
    const enough = this.#heldBytes + chunk.length >= gatherBytes;
    if (enough && this.#writing === null && this.#writeNow(chunk)) return true;
    this.#enqueue(chunk);
    if (enough) this.#flush();
    return this.#mayGoOn();
  }

  async drained(): Promise<void> {
    if (this.#mayGoOn()) return;
    // Gathered bytes only go with their commit, which waits for more of them: over the budget they are written now.
    this.#flush();
    if (!this.#mayGoOn()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  async commit(): Promise<StoredFile> {
    if (this.#state !== 'open') throw new GantryError('GY403', 'a file can be committed once, and not after it was dropped');
    this.#state = 'committing';
    const { spares, crashPoint } = this.#options;
    let wasSpare = false;
    try {
      this.#flush();
      wasSpare = this.#file.isNameSynced;
      if (this.#writing !== null) await this.#writing;
      if (this.#failure !== null) throw this.#failure;
      crashPoint('written');
      await this.#file.rename();
      crashPoint('renamed');
      await this.#file.sync();
      crashPoint('synced');
      await this.#file.close();
      return { path: this.#file.storedPath, sizeBytes: this.#sizeBytes };
    } catch (error) {
      // What is wrong with a spare file may be wrong with all of them, such as a folder that someone removed.
      if (wasSpare) await spares.drop();
      await this.#begun?.remove();
      throw fileError(`cannot store a file in ${this.#file.place}`, error);
    } finally {
      this.#state = 'ended';
    }
  }

  async discard(): Promise<void> {
    // A commit under way has the word: who asked for it learns what became of the file.
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#drop();
    await this.#writing;
    await this.#begun?.remove();
  }

  get #file(): NewFile {
    this.#begun ??= this.#options.spares.take() ?? this.#options.newFile();
    return this.#begun;
  }

  #enqueue(chunk: Buffer): void {
    this.#queue.push(chunk);
    this.#heldBytes += chunk.length;
    this.#sizeBytes += chunk.length;
    this.#options.budget.take(chunk.length);
  }

  #mayGoOn(): boolean {
    if (this.#state !== 'open' || this.#failure !== null) return true;
    // An empty queue goes on whatever the others do: each writer drains by itself, so none waits for another.
    if (this.#options.budget.exhausted) return this.#heldBytes === 0;
    return this.#heldBytes <= queueBytes;
  }

  /** Writes what is queued: at once where the disk is brisk, otherwise in its own time. */
  #flush(): void {
    if (this.#writing !== null || this.#failure !== null || this.#writeNow(null)) return;
    this.#writing = this.#writeQueue().finally(() => {
      this.#writing = null;
    });
  }

  /** Writes what is queued, and `last` behind it without copying it. False, with nothing done, where that has to wait for the disk. */
  #writeNow(last: Buffer | null): boolean {
    const { disk } = this.#options;
    let descriptor: number | null;
    try {
      descriptor = this.#file.openNow();
    } catch (error) {
      this.#fail(error);
      return true;
    }
    if (descriptor === null) return false;
    const batch = this.#queue.take();
    try {
      disk.writeNow(descriptor, last === null ? batch.chunks : [...batch.chunks, last]);
      this.#sizeBytes += last?.length ?? 0;
    } catch (error) {
      this.#fail(error);
    }
    this.#release(batch);
    return true;
  }

  async #writeQueue(): Promise<void> {
    try {
      const descriptor = await this.#file.open();
      while (this.#queue.sizeBytes > 0) {
        const batch = this.#queue.take();
        try {
          await this.#options.disk.write(descriptor, batch.chunks);
        } finally {
          this.#release(batch);
        }
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= fileError(`cannot write to ${this.#file.place}`, error);
    this.#drop();
  }

  #drop(): void {
    this.#release(this.#queue.take());
  }

  /** Bytes that were taken from the queue are held no longer. */
  #release({ sizeBytes, giveBack }: Batch): void {
    giveBack();
    this.#heldBytes -= sizeBytes;
    this.#options.budget.give(sizeBytes);
    if (this.#waiters.length === 0 || !this.#mayGoOn()) return;
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
