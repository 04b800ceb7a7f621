import { unlink } from 'node:fs/promises';
import { GantryError } from '../errors/index.ts';
import { type Batch, BlockQueue } from './block-queue.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { Disk } from './disk.ts';
import { errnoOf, fileError } from './file-error.ts';
import type { Folders } from './folders.ts';
import { type FileName, partEnding } from './layout.ts';
import type { SpareFiles } from './spare-files.ts';
import type { StorageCrashPoint, StorageWriter, StoredFile } from './storage.ts';
import type { WriteBudget } from './write-budget.ts';

export interface FileWriterOptions {
  readonly header: Buffer;
  readonly disk: Disk;
  readonly folders: Folders;
  readonly spares: SpareFiles;
  readonly budget: WriteBudget;
  /** Blocks of `gatherBytes`. */
  readonly blocks: BufferPool;
  /** Temporary files of writers that still live: the sweep leaves them. */
  readonly underWay: Set<string>;
  nextName(): FileName;
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
  #name: FileName | null = null;
  #descriptor: number | null = null;
  /** Where the file is now, once it is anywhere. */
  #path: string | null = null;
  #wasSpare = false;
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
    const { disk, folders, spares, underWay, crashPoint } = this.#options;
    try {
      this.#flush();
      if (this.#writing !== null) await this.#writing;
      if (this.#failure !== null) throw this.#failure;
      if (this.#descriptor === null || this.#path === null || this.#name === null)
        throw new GantryError('GY403', 'a file was committed before it was opened');
      crashPoint('written');
      const part = this.#path;
      const final = part.slice(0, -partEnding.length);
      if (disk.isBrisk) disk.renameNow(part, final);
      else await disk.rename(part, final);
      this.#path = final;
      underWay.delete(part);
      crashPoint('renamed');
      // Renamed first, so that one commit of the file system's journal may take file and folder together. A file of that name which a
      // power cut left half-written has no row in the ledger, and the sweep removes it. A spare file needs no sync of its folder: where
      // a power cut took its rename back and the ledger has its row, the sweep renames it again.
      const syncs = [disk.syncFile(this.#descriptor)];
      if (!this.#wasSpare) syncs.push(folders.sync(folderOf(final)));
      await allSettled(syncs);
      crashPoint('synced');
      await this.#close();
      const { day, shard, file } = this.#name;
      return { path: `${day}/${shard}/${file}`, sizeBytes: this.#sizeBytes };
    } catch (error) {
      // What is wrong may be wrong with all of them, such as a folder that someone removed.
      if (this.#wasSpare) await spares.drop();
      await this.#remove();
      throw fileError(`cannot store a file in ${this.#place}`, error);
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
    await this.#remove();
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
    if (!disk.isBrisk) return false;
    try {
      this.#descriptor ??= this.#openNow();
    } catch (error) {
      this.#fail(error);
      return true;
    }
    if (this.#descriptor === null) return false;
    const batch = this.#queue.take();
    try {
      disk.writeNow(this.#descriptor, last === null ? batch.chunks : [...batch.chunks, last]);
      this.#sizeBytes += last?.length ?? 0;
    } catch (error) {
      this.#fail(error);
    }
    this.#release(batch);
    return true;
  }

  async #writeQueue(): Promise<void> {
    try {
      this.#descriptor ??= await this.#open();
      while (this.#queue.sizeBytes > 0) {
        const batch = this.#queue.take();
        try {
          await this.#options.disk.write(this.#descriptor, batch.chunks);
        } finally {
          this.#release(batch);
        }
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** null where the folder has to be made first. */
  #openNow(): number | null {
    const { disk, folders } = this.#options;
    const { spare, name } = this.#begin();
    if (spare !== null) return spare;
    const folder = folders.made(name.day, name.shard);
    if (folder === null) return null;
    try {
      return disk.createNow(this.#partIn(folder, name));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      // Someone has removed the empty folder since it was made.
      folders.forget(folder);
      return null;
    }
  }

  async #open(): Promise<number> {
    const { disk, folders } = this.#options;
    const { spare, name } = this.#begin();
    if (spare !== null) return spare;
    for (let attempt = 1; ; attempt++) {
      const folder = await folders.ensure(name.day, name.shard);
      try {
        return await disk.create(this.#partIn(folder, name));
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt > 1) throw error;
        folders.forget(folder);
      }
    }
  }

  /** The descriptor of a spare file, or else only a name, the first time; afterwards that name. */
  #begin(): { readonly spare: number | null; readonly name: FileName } {
    if (this.#name !== null) return { spare: null, name: this.#name };
    const spare = this.#options.spares.take();
    this.#name = spare?.name ?? this.#options.nextName();
    if (spare !== null) this.#path = spare.path;
    this.#wasSpare = spare !== null;
    return { spare: spare?.descriptor ?? null, name: this.#name };
  }

  #partIn(folder: string, { file }: FileName): string {
    this.#path = `${folder}/${file}${partEnding}`;
    this.#options.underWay.add(this.#path);
    return this.#path;
  }

  /** For messages. */
  get #place(): string {
    return this.#name === null ? 'storage' : `${this.#name.day}/${this.#name.shard}`;
  }

  #fail(error: unknown): void {
    this.#failure ??= fileError(`cannot write to ${this.#place}`, error);
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

  async #close(): Promise<void> {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    if (descriptor === null) return;
    if (this.#options.disk.isBrisk) this.#options.disk.closeNow(descriptor);
    else await this.#options.disk.close(descriptor);
  }

  async #remove(): Promise<void> {
    await this.#close().catch(() => {});
    if (this.#path === null) return;
    await unlink(this.#path).catch(() => {});
    this.#options.underWay.delete(this.#path);
    this.#path = null;
  }
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** Both have ended, whatever came of them: a descriptor must not be closed under a sync. Throws what the first to fail threw. */
async function allSettled(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
