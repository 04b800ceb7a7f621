import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * A port that is free, for a program that cannot choose one itself. Below the range from which the system gives ports by itself
 * (ip_local_port_range), so that none of those who ask for any gets it meanwhile.
 */
export async function loopbackPort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    const server = createServer().listen({ port, host: '127.0.0.1', exclusive: true });
    const free = await Promise.race([once(server, 'listening').then(() => true), once(server, 'error').then(() => false)]).catch(
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Resolves when something listens there. `isOver` says why nothing will any more. */
export async function listening(port: number, isOver: () => string | null): Promise<void> {
  for (;;) {
    const over = isOver();
    if (over !== null) throw new Error(over);
    const socket = connect(port, '127.0.0.1');
    const open = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false);
    socket.destroy();
    if (open) return;
    await pause(50);
  }
}
