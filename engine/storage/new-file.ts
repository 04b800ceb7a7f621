import { unlink } from 'node:fs/promises';
import { GantryError } from '../errors/index.ts';
import type { Disk } from './disk.ts';
import { errnoOf } from './file-error.ts';
import type { Folders } from './folders.ts';
import { type FileName, partEnding } from './layout.ts';
import type { SpareFiles } from './spare-files.ts';

export interface NewFileOptions {
  readonly disk: Disk;
  readonly folders: Folders;
  readonly spares: SpareFiles;
  /** Temporary files of writers that still live: the sweep leaves them. */
  readonly underWay: Set<string>;
  nextName(): FileName;
}

/** One file on the disk, from its making to its final name: a spare one, or one of its own making. Throws what the disk throws. */
export class NewFile {
  readonly #options: NewFileOptions;
  #name: FileName | null = null;
  #descriptor: number | null = null;
  /** Where it is now, once it is anywhere. */
  #path: string | null = null;
  #wasSpare = false;

  constructor(options: NewFileOptions) {
    this.#options = options;
  }

  /** Day and shard, for messages. */
  get place(): string {
    return this.#name === null ? 'storage' : `${this.#name.day}/${this.#name.shard}`;
  }

  /** Opens it where that takes no waiting: null where its folder has to be made first. */
  openNow(): number | null {
    this.#takeSpare();
    if (this.#descriptor !== null) return this.#descriptor;
    const { disk, folders } = this.#options;
    const name = this.#named();
    const folder = folders.made(name.day, name.shard);
    if (folder === null) return null;
    try {
      this.#descriptor = disk.createNow(this.#partIn(folder, name));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      // Someone has removed the empty folder since it was made.
      folders.forget(folder);
    }
    return this.#descriptor;
  }

  async open(): Promise<number> {
    this.#takeSpare();
    if (this.#descriptor !== null) return this.#descriptor;
    const { disk, folders } = this.#options;
    const name = this.#named();
    for (let attempt = 1; ; attempt++) {
      const folder = await folders.ensure(name.day, name.shard);
      try {
        this.#descriptor = await disk.create(this.#partIn(folder, name));
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
   * Renamed first, so that one commit of the file system's journal may take file and folder together. A file of that name which a power
   * cut left half-written has no row in the ledger, and the sweep removes it. A spare file needs no sync of its folder: where a power
   * cut took its rename back and the ledger has its row, the sweep renames it again.
   */
  async sync(): Promise<void> {
    if (this.#descriptor === null || this.#path === null) throw new GantryError('GY403', 'a file was synced before it was opened');
    const { disk, folders } = this.#options;
    const syncs = [disk.syncFile(this.#descriptor)];
    if (!this.#wasSpare) syncs.push(folders.sync(folderOf(this.#path)));
    await allSettled(syncs);
  }

  /** Relative to the root of storage, under its final name. */
  get storedPath(): string {
    const { day, shard, file } = this.#named();
    return `${day}/${shard}/${file}`;
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

  /** What failed with a spare file may be wrong with all of them, such as a folder that someone removed. */
  async distrustSpares(): Promise<void> {
    if (this.#wasSpare) await this.#options.spares.drop();
  }

  #takeSpare(): void {
    if (this.#name !== null) return;
    const spare = this.#options.spares.take();
    if (spare === null) return;
    this.#wasSpare = true;
    this.#name = spare.name;
    this.#path = spare.path;
    this.#descriptor = spare.descriptor;
  }

  #named(): FileName {
    this.#name ??= this.#options.nextName();
    return this.#name;
  }

  #partIn(folder: string, { file }: FileName): string {
    this.#path = `${folder}/${file}${partEnding}`;
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
