import type { Ledger } from '../../engine/ledger/index.ts';
import type { Storage } from '../../engine/storage/index.ts';

/** Where a process under test leaves what it found, in its data folder. */
export const differencesFile = 'differences.json';

export interface Differences {
  readonly filesWithoutRow: readonly string[];
  readonly rowsWithoutFile: readonly string[];
  /** Temporary files. */
  readonly leftovers: number;
  /** SOP Instance UID and called AE title of which two instances are held at once. */
  readonly heldTwice: readonly string[];
  /** Whether the ledger has any row: a sweep deletes nothing for one that has none. */
  readonly empty: boolean;
}

/** What a sweep must leave none of. */
export async function differences(storage: Storage, ledger: Ledger): Promise<Differences> {
  const known = await ledger.knownPaths();
  const { paths, leftovers } = await storage.scan(known);
  // Deleted before a crash and not yet marked: the reclaimer does.
  const due = new Set((await ledger.reclaimable(Number.MAX_SAFE_INTEGER)).map(({ path }) => path));
  const onDisk = new Set(paths);
  const held = (await ledger.instances({ state: 'held' })).map(
    ({ sopInstanceUid, calledAeTitle }) => `${sopInstanceUid} at ${calledAeTitle}`,
  );
  return {
    filesWithoutRow: paths.filter((path) => !known.has(path)),
    rowsWithoutFile: [...known].filter((path) => !onDisk.has(path) && !due.has(path)),
    leftovers,
    heldTwice: held.filter((one, at) => held.indexOf(one) !== at),
    empty: (await ledger.instances({ limit: 1 })).length === 0,
  };
}
