import { join } from 'node:path';
import { GantryError } from '../errors/index.ts';
import type { Ports } from './ports.ts';
import { runningPrograms } from './process-table.ts';
import { searchAttributeFlags } from './search-attributes.ts';

/** A Temporal server that runs on this data folder though no engine does: its engine was killed. */
export interface Leftover {
  readonly pid: number;
  readonly ports: Ports;
  worksOn(database: string): boolean;
}

/**
 * Finds them by command line (server-arguments.ts), which no crash can lose and no other process has: it names a database in this
 * folder. Ours carries Gantry's search attributes, too; two servers on one database would ruin it, so one that lacks them is an error.
 * @throws GantryError GY505
 */
export function findLeftovers(dataFolder: string): readonly Leftover[] {
  const onOurs = ` --db-filename ${join(dataFolder, 'temporal-')}`;
  return runningPrograms()
    .filter(({ command }) => command.includes(' server start-dev ') && command.includes(onOurs))
    .map(({ pid, command }) => {
      if (!command.includes(` --search-attribute ${searchAttributeFlags[0]} `)) {
        throw new GantryError(
          'GY505',
          `the process ${pid}, a Temporal server that Gantry did not start, works in the data folder ${dataFolder}`,
        );
      }
      return {
        pid,
        ports: { frontend: portAfter('--port', command), ui: portAfter('--ui-port', command) },
        worksOn: (database) => command.includes(` --db-filename ${database} `),
      };
    });
}

const portAfter = (flag: string, command: string): number => Number(new RegExp(` ${flag} (\\d+) `).exec(command)?.[1]);
