import type { Log } from '../log/index.ts';
import { requireServerVersion } from './binary-version.ts';
import { connectTemporal } from './connect.ts';
import { existingServer } from './environment.ts';
import { findBinary } from './find-binary.ts';

/**
 * Which Temporal server an engine would use, in a few words. Starts none and changes none; a program that is missing is fetched, as
 * the engine would do.
 * @throws GantryError GY501, GY502, GY508, GY511
 */
export async function findTemporal(env: NodeJS.ProcessEnv, log: Log): Promise<string> {
  const existing = await existingServer(env);
  if (existing === null) {
    const { serverVersion, from, path } = await findBinary(env, log);
    return `embedded server ${serverVersion}, from ${from}: ${path}`;
  }
  const { address } = existing.connectionOptions;
  const { connection, close } = await connectTemporal(existing.connectionOptions, existing.namespace ?? 'default');
  try {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    requireServerVersion(serverVersion ?? '', address);
    return `existing server ${serverVersion} at ${address}`;
  } finally {
    await close();
  }
}
