import { unlink } from 'node:fs/promises';
import { GantryError } from '../errors/index.ts';
import type { Disk } from './disk.ts';
import { errnoOf } from './file-error.ts';
import type { Folders } from './folders.ts';
import { type FileName, partEnding } from './layout.ts';

export interface NewFileOptions {
  readonly disk: Disk;
  readonly folders: Folders;
  /** Temporary files of writers that still live: the sweep leaves them. */
  readonly underWay: Set<string>;
  nextName(): FileName;
}

/** One file on the disk, from its making to its final name. Throws what the disk throws. */
export class NewFile {
  readonly #options: NewFileOptions;
  readonly #name: FileName;
  #descriptor: number | null = null;
  /** Where it is now, once it is anywhere. */
  #path: string | null = null;
  #isNameSynced = false;

  constructor(options: NewFileOptions) {
    this.#options = options;
    this.#name = options.nextName();
  }

  /** Day and shard, for messages. */
  get place(): string {
    return `${this.#name.day}/${this.#name.shard}`;
  }

  /** Its descriptor, where that takes no waiting: null on a slow disk, and where its folder has to be made first. */
  openNow(): number | null {
    const { disk, folders } = this.#options;
    if (!disk.isBrisk) return null;
    if (this.#descriptor !== null) return this.#descriptor;
    const folder = folders.made(this.#name.day, this.#name.shard);
    if (folder === null) return null;
    try {
      this.#descriptor = disk.createNow(this.#partIn(folder));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      // Someone has removed the empty folder since it was made.
      folders.forget(folder);
    }
    return this.#descriptor;
  }

  async open(): Promise<number> {
    if (this.#descriptor !== null) return this.#descriptor;
    const { disk, folders } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const folder = await folders.ensure(this.#name.day, this.#name.shard);
      try {
        this.#descriptor = await disk.create(this.#partIn(folder));
        return this.#descriptor;
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt > 1) throw error;
        folders.forget(folder);
      }
    }
  }

  /** Gives it its final name. */
  async rename(): Promise<void> {
    const { disk, underWay } = this.#options;
    const part = this.#path;
    if (part === null) throw new GantryError('GY403', 'a file was committed before it was opened');
    const final = part.slice(0, -partEnding.length);
    if (disk.isBrisk) disk.renameNow(part, final);
    else await disk.rename(part, final);
    this.#path = final;
    underWay.delete(part);
  }

  /**
   * Makes it outlive a power cut under the name it has now. One that is renamed afterwards may be found under this one again: where the
   * ledger has its row, the sweep renames it once more.
   */
  async syncName(): Promise<void> {
    if (this.#path === null) throw new GantryError('GY403', 'a file was synced before it was opened');
    await this.#options.folders.sync(folderOf(this.#path));
    this.#isNameSynced = true;
  }

  /** Whether a sync of its folder is behind it. */
  get isNameSynced(): boolean {
    return this.#isNameSynced;
  }

  /**
   * Its bytes and, unless that is done, its name. Renamed first, so that one commit of the file system's journal may take both. A file of
   * its final name which a power cut left half-written has no row in the ledger, and the sweep removes it.
   */
  async sync(): Promise<void> {
    if (this.#descriptor === null) throw new GantryError('GY403', 'a file was synced before it was opened');
    const syncs = [this.#options.disk.syncFile(this.#descriptor)];
    if (!this.#isNameSynced) syncs.push(this.syncName());
    await allSettled(syncs);
  }

  /** Relative to the root of storage, under its final name. */
  get storedPath(): string {
    return `${this.place}/${this.#name.file}`;
  }

  async close(): Promise<void> {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    if (descriptor === null) return;
    if (this.#options.disk.isBrisk) this.#options.disk.closeNow(descriptor);
    else await this.#options.disk.close(descriptor);
  }

  /** Whatever its name is. Never throws. */
  async remove(): Promise<void> {
    await this.close().catch(() => {});
    if (this.#path === null) return;
    await unlink(this.#path).catch(() => {});
    this.#options.underWay.delete(this.#path);
    this.#path = null;
  }

  #partIn(folder: string): string {
    this.#path = `${folder}/${this.#name.file}${partEnding}`;
    this.#options.underWay.add(this.#path);
    return this.#path;
  }
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** All have ended, whatever came of them: a descriptor must not be closed under a sync. Throws what the first to fail threw. */
async function allSettled(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
