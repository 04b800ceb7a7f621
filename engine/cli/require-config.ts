import { type Config, loadConfig } from '../config/index.ts';
import { GantryError } from '../errors/index.ts';
import { formatDiagnostics } from '../language/index.ts';
import type { PluginRegistry } from '../plugin/host.ts';
import { type CommonOptions, configFile } from './common.ts';
import { note } from './print.ts';

/** The configuration that is meant. Throws GY808 where anything is wrong with it, after saying what. */
export async function requireConfig(options: Pick<CommonOptions, 'config'>, registry?: PluginRegistry): Promise<Config> {
  const { config, diagnostics } = await loadConfig(configFile(options), registry);
  if (config !== null) return config;
  note(await formatDiagnostics(diagnostics));
  throw new GantryError('GY808', `${diagnostics.length} problems in the configuration`);
}
