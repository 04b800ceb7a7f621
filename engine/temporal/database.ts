import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError } from '../errors/index.ts';

/** Database of a server version: the development server makes the schema with the file and never migrates it. */
export const databaseOf = (dataFolder: string, version: string): string => join(dataFolder, `temporal-${version}.db`);

/**
 * A new, empty database beside one of another version would hide the runs in that.
 * @throws GantryError GY506
 */
export function refuseOtherVersion(dataFolder: string, version: string): void {
  const versions = readdirSync(dataFolder).flatMap((name) => /^temporal-(.+)\.db$/.exec(name)?.[1] ?? []);
  const other = versions.at(-1);
  if (other === undefined || versions.includes(version)) return;
  throw new GantryError('GY506', `${databaseOf(dataFolder, other)} is of Temporal server ${other}, but this server is ${version}`);
}
