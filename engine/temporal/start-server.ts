import { statSync } from 'node:fs';
import { lastWords } from './bounded-log.ts';
import { lazyConnection } from './connect.ts';
import { choosePorts, isPortFree, loopback, type Ports } from './ports.ts';
import { prepareNamespace } from './prepare-namespace.ts';
import { oneLine } from './run-program.ts';
import { endProcess, type ServerProcess } from './server-process.ts';
import { isTaken, portNotToBeHad, startFailure } from './start-failure.ts';
import { waitUntilReady } from './wait-until-ready.ts';

/** A server, and where it listens. */
export interface Running {
  readonly process: ServerProcess;
  readonly ports: Ports;
}

export interface StartServerOptions {
  readonly dataFolder: string;
  readonly database: string;
  readonly logFile: string;
  readonly namespace: string;
  /** Configured ones; 0: a free one. */
  readonly wanted: Ports;
  /** Those of the last time. */
  readonly last: Ports | null;
  spawn(ports: Ports): ServerProcess;
}

const readyMs = 30_000;
const attempts = 3;

/**
 * Starts a server and waits until its namespace can be worked in. With chosen ports it tries anew with others when another program, or
 * one of the server's own inner services, takes one in the moment before the server does.
 * @throws GantryError GY503, GY504, GY507, GY509; nothing is left running then
 */
export async function startServer({ dataFolder, database, logFile, namespace, wanted, last, spawn }: StartServerOptions): Promise<Running> {
  for (const port of [wanted.frontend, wanted.ui]) if (port !== 0 && !(await isPortFree(port))) throw portNotToBeHad(port, 'taken');
  for (let attempt = 1; ; attempt += 1) {
    const ports = await choosePorts(wanted, attempt === 1 ? last : null);
    const logOffset = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
    const server = spawn(ports);
    const gone = new AbortController();
    void server.ended.then((how) => gone.abort(how));
    try {
      const version = await serves(ports, namespace, AbortSignal.any([gone.signal, AbortSignal.timeout(readyMs)]));
      if (version !== null && !gone.signal.aborted) return { process: server, ports };
    } catch (error) {
      if (server.pid !== null) await endProcess(server.pid);
      throw error;
    }
    const how = gone.signal.aborted ? String(gone.signal.reason) : `it did not answer within ${readyMs / 1000} s`;
    if (server.pid !== null) await endProcess(server.pid);
    const words = oneLine(lastWords(logFile, logOffset));
    if (!isTaken(words) || attempt === attempts) throw startFailure({ dataFolder, database, words, how });
  }
}

/** The version of the server that answers on these ports, once its namespace is set up; null where the signal comes first. */
export async function serves(ports: Ports, namespace: string, signal: AbortSignal): Promise<string | null> {
  const connection = await lazyConnection({ address: `${loopback}:${ports.frontend}` });
  try {
    const version = await waitUntilReady(connection, namespace, signal);
    if (version !== null) await prepareNamespace(connection, namespace);
    return version;
  } finally {
    await connection.close();
  }
}
