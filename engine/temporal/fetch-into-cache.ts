import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Of a fetch that was killed; longer than any fetch may take. */
const abandonedAfterMs = 60 * 60 * 1000;

/**
 * Makes `<cache>/<name>` by filling a temporary folder beside it and renaming that into place: it is whole or absent, and of several
 * processes that fetch at once the first to finish wins, while the others use its folder. What stands there already without a
 * usable `program` is replaced.
 * @param fill fetches into the temporary folder; answers why it could not, or null
 * @returns null, or why there is no `<cache>/<name>/<program>` now
 */
export async function fetchIntoCache(
  cache: string,
  name: string,
  program: string,
  fill: (folder: string) => Promise<string | null>,
): Promise<string | null> {
  let folder: string;
  try {
    mkdirSync(cache, { recursive: true });
    removeAbandoned(cache, name);
    folder = mkdtempSync(join(cache, `${name}.fetching-`));
  } catch (error) {
    return `the cache ${cache} cannot be written to (${codeOf(error)})`;
  }
  try {
    const why = await fill(folder);
    if (why !== null) return why;
    if (!isProgram(join(folder, program))) return 'what was fetched holds no program for this machine';
    const target = join(cache, name);
    for (let tries = 0; !isProgram(join(target, program)) && tries < 5; tries += 1) putInPlace(folder, target, program);
    return isProgram(join(target, program)) ? null : `${target} cannot be replaced`;
  } catch (error) {
    return `the cache ${cache} cannot be written to (${codeOf(error)})`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function putInPlace(folder: string, target: string, program: string): void {
  try {
    renameSync(folder, target);
  } catch (error) {
    // A folder that is not empty is never replaced by a rename: it goes aside first, by a rename too, so that nobody sees half of it.
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    if (isProgram(join(target, program))) return;
    const aside = mkdtempSync(`${target}.fetching-`);
    try {
      renameSync(target, aside);
    } catch (gone) {
      if (codeOf(gone) !== 'ENOENT') throw gone;
    }
    rmSync(aside, { recursive: true, force: true });
  }
}

function removeAbandoned(cache: string, name: string): void {
  for (const entry of readdirSync(cache)) {
    if (!entry.startsWith(`${name}.fetching-`)) continue;
    const path = join(cache, entry);
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    if (Date.now() - mtimeMs > abandonedAfterMs) rmSync(path, { recursive: true, force: true });
  }
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error));
