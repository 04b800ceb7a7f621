import type { Socket } from 'node:net';
import { type Log, silentLog } from '../log/index.ts';
import { AssociationPlaces } from './association-places.ts';
import { InboundAssociation, type ReceiverTimers } from './inbound-association.ts';
import { createPlainListener, createTlsListener } from './listener.ts';
import type { ReceiverPolicy } from './receiver-contract.ts';
import type { TlsCredentials } from './tls-credentials.ts';

export interface ReceiverOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Receivers of other threads listen on the same port too; the operating system spreads connections over them. */
  readonly sharePort?: boolean;
  readonly policy: ReceiverPolicy;
  /** Takes TLS only, and with a `ca` only peers whose certificate is of it. Left out: plain. */
  readonly tls?: TlsCredentials;
  /** More are rejected as 2/3/2, local limit exceeded. Places given are shared with the other receivers that have them. */
  readonly maxAssociations: number | AssociationPlaces;
  /** Announced to peers, and a P-DATA-TF that exceeds it aborts: 4,096 to 262,144 bytes, default 131,072. */
  readonly maxPduLength?: number;
  readonly timers?: Partial<ReceiverTimers>;
  /** For failures of the policy, and connections that end before the policy learns of them. */
  readonly log?: Log;
}

export interface Receiver {
  /** Listens. Throws GY302. */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /** What TLS handshakes use from now on; associations that are open keep what they have. */
  renewTls(credentials: TlsCredentials): void;
  /** Listens no more, lets messages under way finish for at most `graceMs` (default 10,000), then aborts what is left. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /** Associations that are being or have been accepted, and whose end the policy has not been told yet. */
  openAssociations(): number;
}

const defaultTimers: ReceiverTimers = {
  associateRequestMs: 30_000,
  progressMs: 60_000,
  messageMs: 1_800_000,
  idleMs: 600_000,
  artimMs: 1_000,
};

/** Connections that have not proposed an association yet may be this many more than associations; each costs little and ends by itself. */
const maxPendingConnections = 1_000;

/** An association server: C-ECHO, and C-STORE whose datasets go to the policy's sinks as they arrive. Throws RangeError for a PDU length out of range. */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { host, port, sharePort = false, tls, policy, maxAssociations, maxPduLength = 131_072, log = silentLog } = options;
  const timers = { ...defaultTimers, ...options.timers };
  // The library answers the smaller of this and its own 262,144.
  if (!(maxPduLength >= 4_096 && maxPduLength <= 262_144))
    throw new RangeError(`maxPduLength must be from 4096 to 262144, not ${maxPduLength}`);

  const connections = new Set<InboundAssociation>();
  const places = typeof maxAssociations === 'number' ? new AssociationPlaces(maxAssociations) : maxAssociations;
  const association = { policy, log, maxPduLength, timers, takePlace: () => places.take() };

  let stopping = false;
  const onConnection = (socket: Socket): void => {
    if (stopping) return void socket.destroy();
    const connection = new InboundAssociation(socket, association);
    connections.add(connection);
    void connection.ended.then(() => connections.delete(connection));
  };
  const listening = { host, port, sharePort, maxConnections: places.most + maxPendingConnections, log, onConnection };
  const listener = tls === undefined ? createPlainListener(listening) : createTlsListener(listening, tls, timers.associateRequestMs);

  return {
    start: () => listener.open(),
    renewTls: (credentials) => listener.renew?.(credentials),
    async stop({ graceMs = 10_000 } = {}) {
      stopping = true;
      listener.close();
      for (const connection of connections) connection.shutDown();
      await allEnded(connections, graceMs);
      for (const connection of connections) connection.terminate();
      // Only a policy that never answers can keep a connection longer than ARTIM; it cannot keep the engine from stopping.
      await allEnded(connections, timers.artimMs * 2);
      listener.terminate();
    },
    openAssociations: () => places.taken,
  };
}

/** Resolves when all have ended, or when the time is over. */
async function allEnded(connections: ReadonlySet<InboundAssociation>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([Promise.all([...connections].map(({ ended }) => ended)), patience]);
  clearTimeout(timer);
}
