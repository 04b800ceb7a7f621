import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { silentLog } from '../../engine/log/index.ts';
import { findBinary, type TemporalBinary } from '../../engine/temporal/find-binary.ts';
import { runningPrograms } from '../../engine/temporal/process-table.ts';

/** The tests' own cache: the program is fetched once, not once a run. PATH and cache of this user play no part. */
export const testCache = process.env.GANTRY_CACHE ?? resolve(import.meta.dirname, '../.cache/gantry');

/** Without an existing server, whatever this user has configured. */
export const testEnvironment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
  TEMPORAL_CONFIG_FILE: '/absent.toml',
  GANTRY_CACHE: testCache,
};

export const testBinary = (): Promise<TemporalBinary> => findBinary(testEnvironment, silentLog);

/** A folder below the system's temporary one, for one test file. */
export const makeScratch = (): string => mkdtempSync(join(tmpdir(), 'gantry-temporal-'));

/** Removes a scratch folder; answers the servers that still work in it, which should be none. */
export function removeScratch(scratch: string): readonly number[] {
  const left = runningPrograms().filter(({ command }) => command.includes(` server start-dev `) && command.includes(scratch));
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
  return left.map(({ pid }) => pid);
}
