import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** A receiver under measurement. */
export interface BenchReceiver {
  readonly port: number;
  readonly aeTitle: string;
  readonly folder: string;
  /** Of the process that listens. */
  readonly pid: number;
  /** Its folder stays. */
  stop(): Promise<void>;
}

export type StartReceiver = (base: string) => Promise<BenchReceiver>;

const environment = { ...process.env, TCP_NODELAY: '1' };

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const connected = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(
      () => false,
    );
    socket.destroy();
    if (connected) return;
    await pause(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'close');
}

const temporary = (base: string, name: string): string => mkdtempSync(join(base, `${name}-`));

/** A process that listens, and its folder. */
function receiverOf(child: ChildProcess, port: number, folder: string): BenchReceiver {
  return {
    port,
    aeTitle: 'BENCH',
    folder,
    pid: child.pid ?? 0,
    stop: () => end(child),
  };
}

/** Gantry's whole receiving path (receiver, storage, ledger, synced) without Temporal, in one thread or several. */
export const gantryReceiver =
  (threads = 1): StartReceiver =>
  async (base) => {
    const folder = temporary(base, 'gantry');
    const child = spawn(process.execPath, [resolve(import.meta.dirname, 'gantry-receiver.ts'), folder, String(threads)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return receiverOf(child, Number(line), folder);
  };

/** dcmtk's storescp, which writes bytes as they come (+B) and syncs nothing; with `--fork` a process for each association. */
export const storescp =
  (...options: readonly string[]): StartReceiver =>
  async (base) => {
    const folder = temporary(base, 'storescp');
    const port = await freePort();
    // +xa: all transfer syntaxes.
    const args = ['+B', '+xa', '-uf', ...options, '-aet', 'BENCH', '-od', folder, String(port)];
    const child = spawn('storescp', args, { stdio: 'ignore', env: environment });
    await answers(port);
    return receiverOf(child, port, folder);
  };

/** Orthanc with its defaults: it parses, indexes, and syncs what it stores. `extra` is added to its configuration. */
export const orthanc =
  (extra: Readonly<Record<string, unknown>> = {}): StartReceiver =>
  async (base) => {
    const folder = temporary(base, 'orthanc');
    const port = await freePort();
    mkdirSync(join(folder, 'storage'));
    const file = join(folder, 'orthanc.json');
    writeFileSync(
      file,
      JSON.stringify({
        Name: 'BENCH',
        StorageDirectory: join(folder, 'storage'),
        IndexDirectory: join(folder, 'storage'),
        DicomAet: 'BENCH',
        DicomPort: port,
        DicomCheckCalledAet: false,
        DicomAlwaysAllowStore: true,
        HttpPort: await freePort(),
        RemoteAccessAllowed: false,
        ...extra,
      }),
    );
    const child = spawn('Orthanc', [file], { stdio: 'ignore', env: environment });
    await answers(port);
    return receiverOf(child, port, folder);
  };

/** Sends folders at once, one storescu each; seconds until the last has ended. Throws where one fails. */
export async function sendFolders(
  folders: readonly string[],
  { port, aeTitle }: Pick<BenchReceiver, 'port' | 'aeTitle'>,
  propose: readonly string[] = [],
): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(
    folders.map(async (folder) => {
      const args = ['-aet', 'SENDER', '-aec', aeTitle, ...propose, '+sd', '127.0.0.1', String(port), folder];
      const child = spawn('storescu', args, { stdio: 'ignore', env: environment });
      const [status] = (await once(child, 'close')) as [number | null];
      if (status !== 0) throw new Error(`storescu ended with ${status}`);
    }),
  );
  return (performance.now() - startedAt) / 1_000;
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
