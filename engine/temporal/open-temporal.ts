import type { Log } from '../log/index.ts';
import { connectTemporal, type TemporalClient } from './connect.ts';
import { startEmbedded } from './embedded-server.ts';
import { existingServer } from './environment.ts';
import { useExisting } from './existing-server.ts';
import { findBinary } from './find-binary.ts';
import type { TemporalServer } from './server-contract.ts';

export interface OpenTemporalOptions {
  /** The configuration's `temporal`. */
  readonly config: { readonly port: number; readonly uiPort: number; readonly namespace: string };
  /** Locked by the caller (lockDataFolder): what runs on it is taken for a killed engine's leftover. */
  readonly dataFolder: string;
  readonly log: Log;
  readonly env?: NodeJS.ProcessEnv;
}

/** A server and a connection to it. */
export interface Temporal extends TemporalClient {
  readonly server: TemporalServer;
  /** Closes the connection, then ends the server where it is embedded. */
  close(): Promise<void>;
}

/**
 * Opens the Temporal server to work with: the one that the environment names (its namespace, where it names one, goes before the
 * configuration's), else an embedded one. The search attributes are registered when this resolves.
 * @throws GantryError of the GY5xx
 */
export async function openTemporal({ config, dataFolder, log, env = process.env }: OpenTemporalOptions): Promise<Temporal> {
  const existing = await existingServer(env);
  if (existing !== null) {
    const connected = await connectTemporal(existing.connectionOptions, existing.namespace ?? config.namespace);
    try {
      const server = await useExisting(connected.connection, connected.connectionOptions.address, connected.namespace, log);
      return { ...connected, server };
    } catch (error) {
      await connected.close();
      throw error;
    }
  }

  const binary = await findBinary(env, log);
  const server = await startEmbedded({ binary, dataFolder, ...config, log, env });
  try {
    const connected = await connectTemporal({ address: server.address }, server.namespace);
    return {
      ...connected,
      server,
      async close() {
        await connected.close();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
