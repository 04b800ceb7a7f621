import { join } from 'node:path';
import type { Log } from '../log/index.ts';
import { keepLogBounded } from './bounded-log.ts';
import { prepareDataFolder } from './data-folder.ts';
import { databaseOf, refuseOtherVersion } from './database.ts';
import type { TemporalBinary } from './find-binary.ts';
import { findLeftovers, type Leftover } from './leftover.ts';
import { loopback, type Ports } from './ports.ts';
import { serverArguments } from './server-arguments.ts';
import type { TemporalServer } from './server-contract.ts';
import { adoptServer, endProcess, type ServerProcess, spawnServer } from './server-process.ts';
import { readServerState, writeServerState } from './server-state.ts';
import { type Running, serves, startServer } from './start-server.ts';
import { supervise } from './supervise.ts';

export interface EmbeddedOptions {
  readonly binary: TemporalBinary;
  /** Locked by the caller (lockDataFolder): a server that works in it is taken for a killed engine's leftover. */
  readonly dataFolder: string;
  /** 0: the one of the last time while it is free, else any free one. */
  readonly port: number;
  readonly uiPort: number;
  readonly namespace: string;
  readonly log: Log;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Starts Temporal's development server on loopback, with its database, its log (temporal.log) and its state (temporal.json) in the
 * data folder, or takes over the one that a killed engine left there. It is started again whenever it ends unasked, until `stop`.
 * @throws GantryError GY503 port taken, GY504 folder not writable, GY505 a foreign server on the folder, GY506 database of another
 * version, GY507 not started, GY509 search attributes
 */
export async function startEmbedded({ binary, namespace, log, env, ...options }: EmbeddedOptions): Promise<TemporalServer> {
  const dataFolder = prepareDataFolder(options.dataFolder);
  const version = binary.serverVersion;
  const database = databaseOf(dataFolder, version);
  const logFile = join(dataFolder, 'temporal.log');
  const wanted: Ports = { frontend: options.port, ui: options.uiPort };

  const record = (pid: number | null, ports: Ports): void => {
    try {
      writeServerState(dataFolder, { pid, frontendPort: ports.frontend, uiPort: ports.ui, version });
    } catch (error) {
      // It only remembers ports: no reason to do without a server.
      log.warn('temporal.json cannot be written', { why: String(error) });
    }
  };
  const spawn = (ports: Ports): ServerProcess => {
    const args = serverArguments(binary, database, ports, namespace);
    const server = spawnServer({ path: binary.path, args, cwd: dataFolder, logFile, env });
    record(server.pid, ports);
    return server;
  };

  const taken = await takeOver({ dataFolder, database, version, namespace, wanted, log });
  if (taken === null) refuseOtherVersion(dataFolder, version);
  const stopBounding = keepLogBounded(logFile, (error) => log.warn('temporal.log cannot be bounded', { why: String(error) }));
  let running = taken;
  try {
    const last = readServerState(dataFolder);
    running ??= await startServer({
      ...{ dataFolder, database, logFile, namespace, wanted, spawn },
      last: last === null ? null : { frontend: last.frontendPort, ui: last.uiPort },
    });
  } catch (error) {
    stopBounding();
    throw error;
  }

  const { ports } = running;
  const { pid } = running.process;
  record(pid, ports);
  const supervisor = supervise(running.process, () => spawn(ports), log);
  const address = `${loopback}:${ports.frontend}`;
  log.info(taken === null ? 'Temporal server started' : 'Temporal server of a killed engine taken over', { address, version, pid });
  return {
    address,
    namespace,
    uiUrl: `http://${loopback}:${ports.ui}`,
    embedded: true,
    version,
    get pid() {
      return supervisor.pid;
    },
    async stop() {
      stopBounding();
      await supervisor.stop();
      record(null, ports);
    },
  };
}

interface TakeOverOptions {
  readonly dataFolder: string;
  readonly database: string;
  readonly version: string;
  readonly namespace: string;
  readonly wanted: Ports;
  readonly log: Log;
}

/** A leftover that answers at all does so at once, save on a busy machine. */
const leftoverReadyMs = 10_000;

/** Takes over a healthy leftover that is as one would be started now; ends all others. */
async function takeOver({ dataFolder, database, version, namespace, wanted, log }: TakeOverOptions): Promise<Running | null> {
  const leftovers = findLeftovers(dataFolder);
  const fits = ({ worksOn, ports }: Leftover): boolean =>
    worksOn(database) && (wanted.frontend || ports.frontend) === ports.frontend && (wanted.ui || ports.ui) === ports.ui;
  const healthy = async ({ ports }: Leftover): Promise<boolean> =>
    (await serves(ports, namespace, AbortSignal.timeout(leftoverReadyMs))) === version;
  const [only] = leftovers;
  if (only !== undefined && leftovers.length === 1 && fits(only) && (await healthy(only))) {
    return { process: adoptServer(only.pid), ports: only.ports };
  }
  for (const { pid } of leftovers) {
    log.info('ending the Temporal server of a killed engine', { pid });
    await endProcess(pid);
  }
  return null;
}
