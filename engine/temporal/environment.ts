import type { Metadata, TLSConfig } from '@temporalio/client';
import { GantryError } from '../errors/index.ts';
import { oneLine } from './run-program.ts';

/** What Connection (@temporalio/client) and NativeConnection (@temporalio/worker) both take. */
export interface TemporalConnectionOptions {
  /** `host:port`. */
  readonly address: string;
  readonly tls?: TLSConfig | boolean;
  readonly apiKey?: string;
  readonly metadata?: Metadata;
}

export interface ExistingServer {
  readonly connectionOptions: TemporalConnectionOptions;
  /** null: the environment names none. */
  readonly namespace: string | null;
}

/**
 * The existing server that the SDK's environment configuration names: TEMPORAL_ADDRESS and its kin (TEMPORAL_NAMESPACE, _API_KEY,
 * _TLS…), over a profile file (TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE; else the default one, as for Temporal's own command line).
 * @returns null where no address is configured: Gantry starts its own server
 * @throws GantryError GY511
 */
export async function existingServer(env: NodeJS.ProcessEnv): Promise<ExistingServer | null> {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  try {
    const set = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: set });
    const { address, tls, apiKey, metadata } = connectionOptions;
    if (!address) return null;
    return {
      namespace: namespace || null,
      connectionOptions: {
        address: withPort(address),
        ...(tls === undefined || tls === null ? {} : { tls }),
        ...(typeof apiKey === 'string' ? { apiKey } : {}),
        ...(metadata === undefined ? {} : { metadata }),
      },
    };
  } catch (cause) {
    // What the library makes of an empty file.
    const why =
      cause instanceof TypeError ? 'the profile file holds no [profile.NAME]' : cause instanceof Error ? cause.message : String(cause);
    throw new GantryError('GY511', `the environment configuration of Temporal is wrong: ${oneLine(why)}`, { cause });
  }
}

/** The SDK's default port; written out, as the address is shown. */
const withPort = (address: string): string => (/:\d+$/.test(address) ? address : `${address}:7233`);
