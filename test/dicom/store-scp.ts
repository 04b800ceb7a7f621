import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Peer } from '../../engine/dicom/index.ts';
import { peerEnvironment } from '../peers/peers.ts';

export interface StoreScp {
  readonly peer: Peer;
  /** Paths of what it has stored. */
  stored(): Promise<readonly string[]>;
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-dicom-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** dcmtk's storescp on a free port of loopback, ended with the test. */
export async function startStoreScp(t: TestContext, program: string, args: readonly string[]): Promise<StoreScp> {
  const folder = await temporaryFolder(t);
  const port = await freePort();
  const child = spawn(program, [...args, '-aet', 'STORESCP', '-od', folder, String(port)], { env: peerEnvironment, stdio: 'ignore' });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  });
  await listening(child, port);
  return {
    peer: { aeTitle: 'STORESCP', host: '127.0.0.1', port },
    stored: async () => (await readdir(folder)).map((name) => join(folder, name)),
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`storescp ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const open = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false);
    socket.destroy();
    if (open) return;
    await pause(20);
  }
}
