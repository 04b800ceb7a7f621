import { unlink } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Disk } from './disk.ts';
import type { Folders } from './folders.ts';
import { type FileName, filesInTurn, partEnding } from './layout.ts';

/** An empty file, open for writing, whose folder has been synced: a power cut may take a later rename back, and not the file. */
export interface SpareFile {
  readonly name: FileName;
  /** Absolute, with the ending of a temporary file. */
  readonly path: string;
  readonly descriptor: number;
}

export interface SpareFilesOptions {
  readonly disk: Disk;
  readonly folders: Folders;
  /** Temporary files that the sweep leaves alone. */
  readonly underWay: Set<string>;
  nextName(): FileName;
}

/** A few files are made as they come; only where so many follow each other are more made ahead. */
const burstFiles = 32;
/** A pause as long as that ends a burst. */
const pauseMs = 1_000;
/** Files made in one turn of the event loop. */
const madeInARow = 8;

/**
 * Files made ahead while many come, so that one sync of a folder serves all of them instead of one. Whoever finds none makes its own.
 * When the burst is over they are removed.
 */
export class SpareFiles {
  readonly #options: SpareFilesOptions;
  readonly #pause: NodeJS.Timeout;
  #spares: SpareFile[] = [];
  #taken = 0;
  #making: Promise<void> | null = null;
  #closed = false;

  constructor(options: SpareFilesOptions) {
    this.#options = options;
    this.#pause = setTimeout(() => void this.drop(), pauseMs).unref();
  }

  take(): SpareFile | null {
    this.#pause.refresh();
    this.#taken++;
    const spare = this.#spares.pop() ?? null;
    const few = this.#spares.length <= filesInTurn / 2;
    if (few && this.#taken > burstFiles && this.#making === null && !this.#closed)
      this.#making = this.#make().finally(() => {
        this.#making = null;
      });
    return spare;
  }

  /** Removes them all: the burst is over, or something is wrong with their folder. */
  async drop(): Promise<void> {
    this.#taken = 0;
    await this.#remove(this.#spares.splice(0));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#pause);
    await this.#making;
    await this.drop();
  }

  async #make(): Promise<void> {
    const made: SpareFile[] = [];
    try {
      const used = new Set<string>();
      for (let count = 0; count < filesInTurn; count++) {
        if (count % madeInARow === 0) await nextTurn();
        used.add(await this.#makeOne(made));
      }
      await Promise.all([...used].map((folder) => this.#options.folders.sync(folder)));
      // The burst may have ended meanwhile.
      if (this.#taken === 0 || this.#closed) await this.#remove(made);
      else this.#spares.push(...made);
    } catch {
      // Who needs a file makes its own, and tells what stands against it.
      this.#taken = 0;
      await this.#remove(made);
    }
  }

  async #makeOne(made: SpareFile[]): Promise<string> {
    const { disk, folders, underWay, nextName } = this.#options;
    const name = nextName();
    const folder = await folders.ensure(name.day, name.shard);
    const path = `${folder}/${name.file}${partEnding}`;
    underWay.add(path);
    try {
      made.push({ name, path, descriptor: disk.isBrisk ? disk.createNow(path) : await disk.create(path) });
    } catch (error) {
      underWay.delete(path);
      throw error;
    }
    return folder;
  }

  async #remove(spares: readonly SpareFile[]): Promise<void> {
    for (const { path, descriptor } of spares) {
      await this.#options.disk.close(descriptor).catch(() => {});
      await unlink(path).catch(() => {});
      this.#options.underWay.delete(path);
    }
  }
}
