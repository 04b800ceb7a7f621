import { createServer, type Server } from 'node:net';

/** Where the embedded server listens: it asks nobody for a password, so nowhere else. */
export const loopback = '127.0.0.1';

export interface Ports {
  readonly frontend: number;
  readonly ui: number;
}

/**
 * The ports to serve on: configured ones as they are, for 0 the one of the last time while it is free, so that links to the Web UI
 * stay good, else any free one.
 */
export async function choosePorts(configured: Ports, last: Ports | null): Promise<Ports> {
  const frontend = configured.frontend || (await freeOr(last?.frontend, configured.ui));
  const ui = configured.ui || (await freeOr(last?.ui, frontend));
  return { frontend, ui };
}

async function freeOr(wish: number | undefined, taken: number): Promise<number> {
  if (wish !== undefined && wish !== taken && (await isPortFree(wish))) return wish;
  for (;;) {
    const port = await canListen(0, loopback);
    if (port !== null && port !== taken) return port;
  }
}

/** False where a program listens on the port; whether this user may is another question. */
export async function isPortFree(port: number, host: string = loopback): Promise<boolean> {
  return (await canListen(port, host)) !== null;
}

/** Listens for a moment, and answers the port; null where somebody else listens. */
function canListen(port: number, host: string): Promise<number | null> {
  return new Promise((resolve) => {
    const server: Server = createServer();
    server.once('error', (error) => resolve('code' in error && error.code === 'EADDRINUSE' ? null : port));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : port));
    });
  });
}
