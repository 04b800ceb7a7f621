import { extname } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { GantryError } from '../errors/index.ts';
import type { Ledger } from './ledger.ts';
import { LedgerClient } from './ledger-client.ts';
import { errorFromData, type WriterMessage } from './protocol.ts';

/** The ledger of an engine, which other threads of its process may use too. */
export interface OpenLedger extends Ledger {
  /** A way to it for another thread, which makes a ledger of it with `connectLedger`. */
  connect(): MessagePort;
}

/**
 * Opens the ledger of this engine, made where there is none. node:sqlite is synchronous, so it runs in a thread of its own: a slow sync
 * stalls no association. Throws GY411 (another version), GY412 (damaged), GY413 (cannot be opened or written).
 */
export async function openLedger({ file }: { readonly file: string }): Promise<OpenLedger> {
  // .ts from a clone, .js where it is built.
  const worker = new Worker(new URL(`./writer${extname(import.meta.filename)}`, import.meta.url), {
    workerData: { file },
    name: 'gantry-ledger',
  });
  const client = new LedgerClient((requests) => worker.postMessage(requests));
  const closed = Promise.withResolvers<void>();
  await new Promise<void>((resolve, reject) => {
    worker.on('message', (message: WriterMessage) => {
      if ('replies' in message) client.settle(message.replies);
      else if ('opened' in message) resolve();
      else if ('refused' in message) reject(errorFromData(message.refused));
    });
    worker.on('error', (error) => {
      const failure = new GantryError('GY415', `the thread of the ledger failed: ${error.message}`, { cause: error });
      client.end(failure);
      reject(failure);
    });
    worker.on('exit', () => {
      client.end(new GantryError('GY415', 'the thread of the ledger has ended'));
      closed.resolve();
    });
  });

  return {
    ...client.methods(),
    connect() {
      const { port1, port2 } = new MessageChannel();
      worker.postMessage({ connect: port1 }, [port1]);
      return port2;
    },
    async close() {
      if (client.close()) worker.postMessage('close');
      await closed.promise;
    },
  };
}

/** The ledger that another thread of this process has opened. It is closed there; closing it here ends this way to it only. */
export function connectLedger(port: MessagePort): Ledger {
  const client = new LedgerClient((requests) => port.postMessage(requests));
  port.on('message', (message: WriterMessage) => {
    if ('replies' in message) client.settle(message.replies);
  });
  port.on('close', () => client.end(new GantryError('GY415', 'the thread of the ledger has ended')));
  return {
    ...client.methods(),
    async close() {
      if (client.close()) port.close();
    },
  };
}
