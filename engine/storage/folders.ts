import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

interface Syncs {
  running: Promise<void>;
  next: Promise<void> | null;
}

/** Makes folders, and syncs them: an entry (a rename, a new folder) survives a power cut only once its folder is synced. */
export class Folders {
  readonly #root: string;
  readonly #syncs = new Map<string, Syncs>();
  readonly #made = new Map<string, Promise<string>>();
  #day = '';

  constructor(root: string) {
    this.#root = root;
  }

  /** The folder of a day and shard, absolute, there to stay. */
  ensure(day: string, shard: string): Promise<string> {
    if (day !== this.#day) {
      this.#made.clear();
      this.#day = day;
    }
    const folder = join(this.#root, day, shard);
    let made = this.#made.get(folder);
    if (made === undefined) {
      made = this.#make(folder);
      this.#made.set(folder, made);
      made.catch(() => this.forget(folder));
    }
    return made;
  }

  /** It may be gone: the next `ensure` makes it again. */
  forget(folder: string): void {
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
      const started: Syncs = { running: Promise.resolve(), next: null };
      this.#syncs.set(folder, started);
      started.running = this.#run(folder, started);
      return started.running;
    }
    syncs.next ??= syncs.running
      .catch(() => {})
      .then(() => {
        syncs.next = null;
        syncs.running = this.#run(folder, syncs);
        return syncs.running;
      });
    return syncs.next;
  }

  async #run(folder: string, syncs: Syncs): Promise<void> {
    try {
      const handle = await open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } finally {
      if (syncs.next === null) this.#syncs.delete(folder);
    }
  }
}
