import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import type { TestContext } from 'node:test';
import type {
  AssociationInfo,
  AssociationSummary,
  AssociationTerms,
  IncomingInstance,
  InstanceSink,
  ReceiverPolicy,
  Rejection,
} from '../../engine/dicom/index.ts';
import { createReceiver, isKnownTransferSyntax, type Receiver, type ReceiverOptions, storeStatus } from '../../engine/dicom/index.ts';
import { RawPeer } from './raw-peer.ts';

export interface StoredInstance extends IncomingInstance {
  readonly data: Buffer;
}

/** Terms that leave everything open but transfer syntaxes that nobody knows. */
export const openTerms: AssociationTerms = {
  limits: [],
  verification: true,
  largestInstanceBytes: null,
  acceptsSopClass: () => true,
  acceptsTransferSyntax: isKnownTransferSyntax,
};

/** Waits for a condition, not for a time; fails after half a minute. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 30_000; !condition(); ) {
    assert.ok(Date.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Sockets of this process, both ends of what it does with itself. */
function openConnections(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
}

/** An engine that keeps instances in memory, and notes what the receiver tells it. */
export class MemoryEngine {
  readonly stored: StoredInstance[] = [];
  readonly opened: AssociationInfo[] = [];
  readonly closed: { readonly association: AssociationInfo; readonly summary: AssociationSummary }[] = [];
  readonly rejected: { readonly proposer: object; readonly rejection: Rejection }[] = [];
  readonly faults: string[] = [];
  /** Lines of the log. */
  readonly logged: string[] = [];
  /** Sinks that were begun and have neither finished nor been discarded. */
  openSinks = 0;
  discarded = 0;

  /** Of this process, before it received. */
  readonly #connections = openConnections();

  readonly policy: ReceiverPolicy = {
    admit: () => openTerms,
    rejected: (proposer, rejection) => void this.rejected.push({ proposer, rejection }),
    opened: (association) => void this.opened.push(association),
    instance: (incoming) => this.sink(incoming),
    closed: (association, summary) => void this.closed.push({ association, summary }),
  };

  sink(incoming: IncomingInstance, changes: Partial<InstanceSink> = {}): InstanceSink {
    const chunks: Buffer[] = [];
    this.openSinks += 1;
    return {
      write(chunk) {
        chunks.push(Buffer.from(chunk));
        return true;
      },
      drained: () => Promise.resolve(),
      finish: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        this.openSinks -= 1;
        this.stored.push({ ...incoming, data: Buffer.concat(chunks) });
        return storeStatus.success();
      },
      discard: async () => {
        this.openSinks -= 1;
        this.discarded += 1;
      },
      ...changes,
    };
  }

  /** A receiver with this engine, stopped at the end of the test. */
  async start(t: TestContext, options: Partial<ReceiverOptions> = {}): Promise<{ readonly receiver: Receiver; readonly port: number }> {
    const started = await this.receive(options);
    t.after(() => started.receiver.stop({ graceMs: 0 }));
    return started;
  }

  async receive(options: Partial<ReceiverOptions> = {}): Promise<{ readonly receiver: Receiver; readonly port: number }> {
    const note = (message: string, fields: object = {}): number => this.logged.push(`${message} ${JSON.stringify(fields)}`);
    const error = (message: string, fields: object = {}): void => {
      note(message, fields);
      this.faults.push(this.logged.at(-1) ?? '');
    };
    const receiver = createReceiver({
      host: '127.0.0.1',
      port: 0,
      maxAssociations: 20,
      policy: this.policy,
      log: { debug: note, info: note, warn: note, error },
      ...options,
    });
    const { port } = await receiver.start();
    return { receiver, port };
  }

  /** That the receiver came through whatever was done to it: no association, connection or sink is left, no failure of ours was logged, and C-ECHO is answered. */
  async assertHealthy(receiver: Receiver, port: number): Promise<void> {
    await until(() => receiver.openAssociations() === 0, 'no open associations');
    assert.equal(this.openSinks, 0, 'no sink is left open');
    assert.equal(this.closed.length, this.opened.length, 'each association opened was closed');
    assert.deepEqual(this.faults, []);
    await until(() => openConnections() <= this.#connections, 'no connection is left open');
    const peer = await RawPeer.associate(port);
    assert.equal(await peer.echo(), 0);
    await peer.release();
    await until(() => receiver.openAssociations() === 0, 'no open associations');
  }
}
