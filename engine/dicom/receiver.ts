import { type AddressInfo, createServer } from 'node:net';
import { GantryError } from '../errors/index.ts';
import { type Log, silentLog } from '../log/index.ts';
import { InboundAssociation, type ReceiverTimers } from './inbound-association.ts';
import type { ReceiverPolicy } from './receiver-contract.ts';

export interface ReceiverOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly policy: ReceiverPolicy;
  /** More are rejected as 2/3/2, local limit exceeded. */
  readonly maxAssociations: number;
  /** Announced to peers, and a P-DATA-TF that exceeds it aborts: 4,096 to 262,144 bytes, default 131,072. */
  readonly maxPduLength?: number;
  readonly timers?: Partial<ReceiverTimers>;
  /** For failures of the policy, and connections that end before the policy learns of them. */
  readonly log?: Log;
}

export interface Receiver {
  /** Listens. Throws GY302. */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /** Listens no more, lets messages under way finish for at most `graceMs` (default 10,000), then aborts what is left. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
  /** Associations that are being or have been accepted, and whose end the policy has not been told yet. */
  openAssociations(): number;
}

const defaultTimers: ReceiverTimers = { associateRequestMs: 30_000, progressMs: 60_000, idleMs: 600_000, artimMs: 1_000 };

/** Connections that have not proposed an association yet may be this many more than associations; each costs little and ends by itself. */
const maxPendingConnections = 1_000;

/** An association server: C-ECHO, and C-STORE whose datasets go to the policy's sinks as they arrive. Throws RangeError for a PDU length out of range. */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { host, port, policy, maxAssociations, maxPduLength = 131_072, log = silentLog } = options;
  const timers = { ...defaultTimers, ...options.timers };
  // The library answers the smaller of this and its own 262,144.
  if (!(maxPduLength >= 4_096 && maxPduLength <= 262_144))
    throw new RangeError(`maxPduLength must be from 4096 to 262144, not ${maxPduLength}`);

  const connections = new Set<InboundAssociation>();
  let reserved = 0;
  const association = {
    policy,
    log,
    maxPduLength,
    timers,
    reserve(): boolean {
      if (reserved >= maxAssociations) return false;
      reserved += 1;
      return true;
    },
    release(): void {
      reserved -= 1;
    },
  };

  // Nagle's algorithm would hold each response back for the peer's delayed acknowledgement, 40 ms an instance.
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    const connection = new InboundAssociation(socket, association);
    connections.add(connection);
    void connection.ended.then(() => connections.delete(connection));
  });
  server.maxConnections = maxAssociations + maxPendingConnections;

  return {
    start() {
      return new Promise((resolve, reject) => {
        server.once('error', (cause) => reject(new GantryError('GY302', `cannot listen on ${host}:${port}: ${cause.message}`, { cause })));
        server.listen({ host, port }, () => {
          server.removeAllListeners('error');
          // Failing to accept one connection (no file descriptor left) must not end the process.
          server.on('error', (error) => log.error('a DICOM connection could not be accepted', { error: error.message }));
          const { address, port: chosen } = server.address() as AddressInfo;
          resolve({ host: address, port: chosen });
        });
      });
    },
    async stop({ graceMs = 10_000 } = {}) {
      server.close();
      for (const connection of connections) connection.shutDown();
      await allEnded(connections, graceMs);
      for (const connection of connections) connection.terminate();
      // Only a policy that never answers can keep a connection longer than ARTIM; it cannot keep the engine from stopping.
      await allEnded(connections, timers.artimMs * 2);
    },
    openAssociations: () => reserved,
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
