import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockDataFolder } from '../../engine/temporal/lock-data-folder.ts';

export { lockDataFolder };

/** What a run has been asked for, and what it took: one JSON object a line, kept over restarts as Temporal keeps its histories. */
export type BookEntry = { readonly woken: number } | { readonly run: number; readonly workflow: string; readonly uids: readonly string[] };

/** Stands in for Temporal: what it has accepted stands in a file before it says so. */
export class Book {
  readonly #file: string;
  readonly woken = new Set<number>();

  constructor(dataFolder: string) {
    this.#file = join(dataFolder, 'book.jsonl');
    for (const entry of readBook(dataFolder)) if ('woken' in entry) this.woken.add(entry.woken);
  }

  write(entry: BookEntry): void {
    // A killed process loses nothing that the kernel has.
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
    if ('woken' in entry) this.woken.add(entry.woken);
  }
}

export function readBook(dataFolder: string): readonly BookEntry[] {
  let text = '';
  try {
    text = readFileSync(join(dataFolder, 'book.jsonl'), 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BookEntry);
}

export function openTemporal({ dataFolder }: { readonly dataFolder: string }) {
  const server = { address: 'none:0', uiUrl: null };
  return Promise.resolve({ client: new Book(dataFolder), namespace: 'none', server, close: () => Promise.resolve() });
}

export const createRuns = (book: Book) => ({
  async wake({ group }: { readonly group: number }): Promise<void> {
    book.write({ woken: group });
  },
  // Nobody looks after groups here: one whose wake-up was lost stays for ever, and shows.
  standing: () => Promise.resolve('running'),
});
