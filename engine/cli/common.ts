import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';

/** Options that every command takes. */
export interface CommonOptions {
  readonly config?: string;
  readonly data: string;
  readonly json?: boolean;
}

export function withCommon(command: Command): Command {
  return command
    .option('--config <file>', 'configuration, YAML or JSON (default: gantry.yaml in the current folder, where there is one)')
    .option('--data <folder>', 'data folder of the engine', '.gantry');
}

/** The configuration file that is meant; null: none, defaults alone. */
export function configFile({ config }: Pick<CommonOptions, 'config'>): string | null {
  if (config !== undefined) return resolve(config);
  const usual = ['gantry.yaml', 'gantry.yml', 'gantry.json'].map((name) => resolve(name)).find((path) => existsSync(path));
  return usual ?? null;
}

export const dataFolder = ({ data }: Pick<CommonOptions, 'data'>): string => resolve(data);

/** Where a running engine says how to reach it. */
export const engineFile = (folder: string): string => join(folder, 'engine.json');
