import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Disk } from './disk.ts';

interface Syncs {
  /** Whether `running` asked the disk: until then it serves also who comes. */
  begun: boolean;
  running: Promise<void>;
  next: Promise<void> | null;
}

/** Makes folders, and syncs them: an entry (a rename, a new folder) survives a power cut only once its folder is synced. */
export class Folders {
  readonly #root: string;
  readonly #disk: Disk;
  readonly #syncs = new Map<string, Syncs>();
  readonly #making = new Map<string, Promise<string>>();
  readonly #made = new Set<string>();
  #day = '';

  constructor(root: string, disk: Disk) {
    this.#root = root;
    this.#disk = disk;
  }

  /** The folder of a day and shard, absolute, where it has been made already. */
  made(day: string, shard: string): string | null {
    const folder = `${this.#root}/${day}/${shard}`;
    return this.#made.has(folder) ? folder : null;
  }

  /** The folder of a day and shard, absolute, there to stay. */
  ensure(day: string, shard: string): Promise<string> {
    if (day !== this.#day) {
      this.#making.clear();
      this.#made.clear();
      this.#day = day;
    }
    const folder = join(this.#root, day, shard);
    let making = this.#making.get(folder);
    if (making === undefined) {
      making = this.#make(folder);
      this.#making.set(folder, making);
      making.then(
        () => this.#made.add(folder),
        () => this.forget(folder),
      );
    }
    return making;
  }

  /** It may be gone: the next `ensure` makes it again. */
  forget(folder: string): void {
    this.#making.delete(folder);
    this.#made.delete(folder);
  }

  async #make(folder: string): Promise<string> {
    await mkdir(folder, { recursive: true, mode: 0o750 });
    // Also where they existed: a process that was killed may have made them and not synced.
    await this.sync(dirname(folder));
    await this.sync(this.#root);
    return folder;
  }

  /** Syncs a folder's entries as they are now. Callers that come while a sync runs share the one after it: the running one may have missed theirs. */
  sync(folder: string): Promise<void> {
    const syncs = this.#syncs.get(folder);
    if (syncs === undefined) {
      const started: Syncs = { begun: false, running: Promise.resolve(), next: null };
      this.#syncs.set(folder, started);
      started.running = this.#run(folder, started);
      return started.running;
    }
    if (!syncs.begun) return syncs.running;
    syncs.next ??= syncs.running
      .catch(() => {})
      .then(() => {
        syncs.next = null;
        syncs.begun = false;
        syncs.running = this.#run(folder, syncs);
        return syncs.running;
      });
    return syncs.next;
  }

  async #run(folder: string, syncs: Syncs): Promise<void> {
    // One that many ask for in one go is one.
    await null;
    syncs.begun = true;
    try {
      await this.#disk.syncFolder(folder);
    } finally {
      if (syncs.next === null) this.#syncs.delete(folder);
    }
  }
}
