import { readdirSync, renameSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchIntoCache, isProgram } from './fetch-into-cache.ts';
import { runProgram } from './run-program.ts';

/** Below the cache. */
export const downloadFolder = 'temporal-sdk-download';
/** Below {@link downloadFolder}. */
export const downloadProgram = 'temporal';

const timeoutMs = 3 * 60 * 1000;

/**
 * Has the Temporal SDK download the program from temporal.download, into the cache. In a process of its own: the SDK sets no time
 * limit, and its native runtime, once made in a process, can no longer be configured there.
 * @returns null, or why it could not
 */
export function downloadProgramWithSdk(cache: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  return fetchIntoCache(cache, downloadFolder, downloadProgram, (folder) => downloadInto(folder, env));
}

/** Fills `folder` with the program, under the name {@link downloadProgram}. */
export async function downloadInto(folder: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const script = fileURLToPath(new URL(`./sdk-download${extname(import.meta.url)}`, import.meta.url));
  const { ok, why } = await runProgram(process.execPath, [script, folder], { env, timeoutMs });
  // Its name holds the SDK's version. It is there, too, when only the start of it failed.
  const name = readdirSync(folder).find(
    (entry) => entry.startsWith('temporal') && isProgram(join(folder, entry)) && !entry.endsWith('.downloading'),
  );
  if (name === undefined) return ok ? 'the SDK left no program' : why;
  renameSync(join(folder, name), join(folder, downloadProgram));
  return null;
}
