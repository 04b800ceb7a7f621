import type { Client, Connection } from '@temporalio/client';
import { GantryError } from '../errors/index.ts';
import { existingServer, type TemporalConnectionOptions } from './environment.ts';

/** A connection to a Temporal server, and what is made of it. */
export interface TemporalClient {
  readonly client: Client;
  readonly connection: Connection;
  readonly namespace: string;
  /** For a NativeConnection to the same server. */
  readonly connectionOptions: TemporalConnectionOptions;
  close(): Promise<void>;
}

/**
 * Reconnects within 2 s: gRPC's own back-off grows to 2 minutes, so that a server that was away for one would be noticed after three.
 * https://grpc.github.io/grpc/core/group__grpc__arg__keys.html
 */
const channelArgs = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 2_000 };

/** Of several attempts. */
const connectMs = 5_000;

/** Connects when first used. Loads @temporalio/client (0.3 s) only now: most commands never need it. */
export async function lazyConnection(options: TemporalConnectionOptions): Promise<Connection> {
  const { Connection } = await import('@temporalio/client');
  return Connection.lazy({ ...options, channelArgs, connectTimeout: connectMs });
}

/**
 * Connects to a server that is up.
 * @throws GantryError GY508 when nothing answers within 5 s, or it refuses
 */
export async function connectTemporal(connectionOptions: TemporalConnectionOptions, namespace: string): Promise<TemporalClient> {
  const { Client } = await import('@temporalio/client');
  const connection = await lazyConnection(connectionOptions);
  try {
    await connection.ensureConnected();
  } catch (cause) {
    await connection.close();
    throw new GantryError('GY508', `no Temporal server answers at ${connectionOptions.address}: ${reasonOf(cause)}`, { cause });
  }
  return {
    client: new Client({ connection, namespace }),
    connection,
    namespace,
    connectionOptions,
    close: () => connection.close(),
  };
}

/**
 * How to reach a server whose address is known (a running engine's): with the environment's TLS, API key and metadata where that is
 * the server it configures, else plainly, as an embedded one is.
 * @throws GantryError GY511
 */
export async function connectionOptionsFor(address: string, env: NodeJS.ProcessEnv): Promise<TemporalConnectionOptions> {
  const existing = await existingServer(env);
  return existing?.connectionOptions.address === address ? existing.connectionOptions : { address };
}

/** gRPC's status code (https://grpc.io/docs/guides/status-codes/) of a failed call; null where it is no gRPC error. */
export const grpcCode = (error: unknown): number | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : null;

/** The server's own words on a failed call. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error ? ('details' in error && typeof error.details === 'string' ? error.details : error.message) : String(error);
