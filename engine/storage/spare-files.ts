import { setImmediate as nextTurn } from 'node:timers/promises';
import { filesInTurn } from './layout.ts';
import type { NewFile } from './new-file.ts';

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
  readonly #newFile: () => NewFile;
  readonly #pause: NodeJS.Timeout;
  #spares: NewFile[] = [];
  #taken = 0;
  #making: Promise<void> | null = null;
  #closed = false;

  constructor(newFile: () => NewFile) {
    this.#newFile = newFile;
    this.#pause = setTimeout(() => void this.drop(), pauseMs).unref();
  }

  take(): NewFile | null {
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
    await remove(this.#spares.splice(0));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#pause);
    await this.#making;
    await this.drop();
  }

  async #make(): Promise<void> {
    const made: NewFile[] = [];
    try {
      for (let count = 0; count < filesInTurn; count++) {
        if (count % madeInARow === 0) await nextTurn();
        const file = this.#newFile();
        made.push(file);
        if (file.openNow() === null) await file.open();
      }
      // They share the sync of their folder.
      await Promise.all(made.map((file) => file.syncName()));
      // The burst may have ended meanwhile.
      if (this.#taken === 0 || this.#closed) await remove(made);
      else this.#spares.push(...made);
    } catch {
      // Who needs a file makes its own, and tells what stands against it.
      this.#taken = 0;
      await remove(made);
    }
  }
}

async function remove(files: readonly NewFile[]): Promise<void> {
  for (const file of files) await file.remove();
}
