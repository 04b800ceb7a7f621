import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { GantryError } from '../errors/index.ts';
import type { Ledger } from './ledger.ts';
import { type OperationName, operations } from './operations/index.ts';
import { errorFromData, type Reply, type Request, type WriterMessage } from './protocol.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Opens the ledger of this engine, made where there is none. node:sqlite is synchronous, so it runs in a thread of its own: a slow sync
 * stalls no association. Throws GY411 (another version), GY412 (damaged), GY413 (cannot be opened or written).
 */
export async function openLedger({ file }: { readonly file: string }): Promise<Ledger> {
  // .ts from a clone, .js where it is built.
  const worker = new Worker(new URL(`./writer${extname(import.meta.filename)}`, import.meta.url), {
    workerData: { file },
    name: 'gantry-ledger',
  });
  const waiting = new Map<number, Waiting>();
  let newestId = 0;
  let ended: GantryError | null = null;

  const settle = (reply: Reply): void => {
    const caller = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) caller?.reject(errorFromData(reply.error));
    else caller?.resolve(reply.value);
  };
  const end = (error: GantryError): void => {
    ended ??= error;
    for (const caller of waiting.values()) caller.reject(ended);
    waiting.clear();
  };
  const call = (name: OperationName, values: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended !== null) return reject(ended);
      const id = ++newestId;
      // Throws for what cannot be cloned: nothing waits then.
      worker.postMessage({ id, name, values } satisfies Request);
      waiting.set(id, { resolve, reject });
    });

  const closed = Promise.withResolvers<void>();
  await new Promise<void>((resolve, reject) => {
    worker.on('message', (message: WriterMessage) => {
      if ('replies' in message) message.replies.forEach(settle);
      else if ('opened' in message) resolve();
      else if ('refused' in message) reject(errorFromData(message.refused));
    });
    worker.on('error', (error) => {
      const failure = new GantryError('GY415', `the thread of the ledger failed: ${error.message}`, { cause: error });
      end(failure);
      reject(failure);
    });
    worker.on('exit', () => {
      end(new GantryError('GY415', 'the thread of the ledger has ended'));
      closed.resolve();
    });
  });

  const methods = Object.keys(operations).map((name) => [name, (...values: readonly unknown[]) => call(name as OperationName, values)]);
  return {
    ...(Object.fromEntries(methods) as Omit<Ledger, 'close'>),
    async close() {
      if (ended === null) {
        worker.postMessage('close');
        // What was asked before is still answered; what is asked from here on is not.
        ended = new GantryError('GY415', 'the ledger is closed');
      }
      await closed.promise;
    },
  };
}
