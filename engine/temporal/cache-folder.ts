import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where Gantry keeps what it fetched: `GANTRY_CACHE`, else `gantry` below `XDG_CACHE_HOME`, else `~/.cache/gantry`. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  // Empty counts as unset (XDG Base Directory Specification).
  if (env.GANTRY_CACHE) return env.GANTRY_CACHE;
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'gantry');
}
