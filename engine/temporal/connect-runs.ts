import { connectionOptionsFor, connectTemporal } from './connect.ts';
import { createRuns, type TemporalRuns } from './runs.ts';

/**
 * The runs of a running engine, from another process.
 * @throws GantryError GY508 when its Temporal server does not answer, GY511
 */
export async function connectRuns(
  { address, namespace }: { readonly address: string; readonly namespace: string },
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly runs: TemporalRuns; close(): Promise<void> }> {
  const { client, close } = await connectTemporal(await connectionOptionsFor(address, env), namespace);
  return { runs: createRuns(client), close };
}
