import { type AddressInfo, createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { GantryError } from '../errors/index.ts';
import type { Log } from '../log/index.ts';
import { readInBulk } from './bulk-reading.ts';
import { HandshakeLog } from './handshake-log.ts';
import { contextOptions, type TlsCredentials } from './tls-credentials.ts';

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** SO_REUSEPORT. */
  readonly sharePort: boolean;
  /** More are closed at once. */
  readonly maxConnections: number;
  readonly log: Log;
  /** Plain, or with TLS once the handshake is done. */
  onConnection(socket: Socket): void;
}

export interface Listener {
  /** Throws GY302. */
  open(): Promise<{ readonly host: string; readonly port: number }>;
  /** Takes no more connections. */
  close(): void;
  /** Ends what is left of them, handshakes included. */
  terminate(): void;
  /** With TLS: what the handshakes from now on use. Connections that are there keep what they have. */
  renew?(credentials: TlsCredentials): void;
}

// Nagle's algorithm would hold each response back for the peer's delayed acknowledgement, 40 ms an instance.
const socketOptions = { noDelay: true, keepAlive: true } as const;

export function createPlainListener(options: ListenerOptions): Listener {
  const sockets = new Set<Socket>();
  const server = createPlainServer({ ...socketOptions, pauseOnConnect: true }, (accepted) => {
    // The accepted one lets go of the connection.
    const socket = readInBulk(accepted);
    keep(socket, sockets);
    options.onConnection(socket);
  });
  return listenerOn(server, sockets, options);
}

/**
 * Takes TLS and nothing else: a plain peer is closed at its first bytes. With a `ca`, peers without a certificate of it are refused: the mutual
 * authentication that PS3.15 §B.12 has every server be able to ask for.
 */
export function createTlsListener(options: ListenerOptions, credentials: TlsCredentials, handshakeMs: number): Listener {
  const mutual = credentials.ca !== null;
  const server: TlsServer = createTlsServer(
    {
      ...socketOptions,
      ...contextOptions(credentials),
      requestCert: mutual,
      rejectUnauthorized: mutual,
      handshakeTimeout: handshakeMs,
    },
    options.onConnection,
  );
  const sockets = new Set<Socket>();
  const addresses = new WeakMap<object, string>();
  server.on('connection', (socket: Socket) => {
    keep(socket, sockets);
    addresses.set(socket, socket.remoteAddress ?? '');
  });
  const handshakes = new HandshakeLog(options.log);
  server.on('tlsClientError', (error, socket) => {
    // A TLSSocket that is closed has forgotten the address; `_parent` is the socket under it, and undocumented.
    const { _parent: under = {} } = socket as { readonly _parent?: object };
    // Where a certificate was refused, the error tells of a closed connection only.
    const why = socket.authorizationError ?? ('code' in error ? error.code : error.message);
    handshakes.failed(addresses.get(under) ?? null, String(why));
    socket.destroy();
  });
  return {
    ...listenerOn(server, sockets, options),
    renew: (renewed) => server.setSecureContext(contextOptions(renewed)),
  };
}

function keep(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
}

function listenerOn(
  server: Server,
  sockets: ReadonlySet<Socket>,
  { host, port, sharePort, maxConnections, log }: ListenerOptions,
): Listener {
  server.maxConnections = maxConnections;
  return {
    open() {
      return new Promise((resolve, reject) => {
        server.once('error', (cause) => reject(new GantryError('GY302', `cannot listen on ${host}:${port}: ${cause.message}`, { cause })));
        server.listen({ host, port, reusePort: sharePort }, () => {
          server.removeAllListeners('error');
          // Failing to accept one connection (no file descriptor left) must not end the process.
          server.on('error', (error) => log.error('a DICOM connection could not be accepted', { error: error.message }));
          const { address, port: chosen } = server.address() as AddressInfo;
          resolve({ host: address, port: chosen });
        });
      });
    },
    close: () => void server.close(),
    terminate() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
