import type { Connection } from '@temporalio/client';
import { GantryError } from '../errors/index.ts';
import type { Log } from '../log/index.ts';
import { requireServerVersion } from './binary-version.ts';
import { grpcCode, reasonOf } from './connect.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import type { TemporalServer } from './server-contract.ts';

const NOT_FOUND = 5;

/**
 * Checks a server that Gantry did not start, and registers the search attributes that it lacks. Ends nothing, ever.
 * @throws GantryError GY502 too old, GY508 refused, GY509 search attributes, GY510 no such namespace
 */
export async function useExisting(connection: Connection, address: string, namespace: string, log: Log): Promise<TemporalServer> {
  const version = await asked(address, async () => (await connection.workflowService.getSystemInfo({})).serverVersion ?? '');
  requireServerVersion(version, address);
  await asked(address, () => connection.workflowService.describeNamespace({ namespace }), namespace);
  const added = await registerSearchAttributes(connection, namespace);
  if (added.length > 0) log.info('search attributes registered', { namespace, names: added.join(' ') });
  log.info('using an existing Temporal server', { address, namespace, version });
  return { address, namespace, uiUrl: null, embedded: false, pid: null, version, stop: () => Promise.resolve() };
}

async function asked<T>(address: string, request: () => Promise<T>, namespace?: string): Promise<T> {
  try {
    return await request();
  } catch (cause) {
    if (namespace !== undefined && grpcCode(cause) === NOT_FOUND) {
      throw new GantryError('GY510', `the Temporal server at ${address} has no namespace ${namespace}`, { cause });
    }
    throw new GantryError('GY508', `the Temporal server at ${address} refuses: ${reasonOf(cause)}`, { cause });
  }
}
