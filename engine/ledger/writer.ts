import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { databaseError } from './database-error.ts';
import { openDatabase } from './open-database.ts';
import { closeLeftAssociations } from './operations/associations.ts';
import { errorToData, type Reply, type Request, type ToWriter, type WriterMessage } from './protocol.ts';
import { runBatch } from './run-batch.ts';

/** Requests in one transaction, at most: bounds how long the first of a flood waits. */
const batchLimit = 512;

interface Waiting {
  readonly port: MessagePort;
  readonly request: Request;
}

if (parentPort === null) throw new Error('the ledger writer runs in a worker thread');
const mainPort = parentPort;
const tell = (port: MessagePort, message: WriterMessage): void => port.postMessage(message);

function start(file: string): void {
  const database = openDatabase(file);
  closeLeftAssociations(database);
  const ports = new Set<MessagePort>();
  let waiting: Waiting[] = [];
  let closing = false;

  const take = (port: MessagePort, message: ToWriter): void => {
    if (message === 'close') closing = true;
    else if ('connect' in message) listen(message.connect);
    else for (const request of message) waiting.push({ port, request });
  };

  const commit = (): void => {
    // What came while the last commit was syncing shares the next one.
    for (const port of ports)
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) take(port, next.message);
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchLimit);
      waiting = waiting.slice(batchLimit);
      const replies = runBatch(
        database,
        batch.map(({ request }) => request),
      );
      answer(batch, replies);
    }
    if (!closing) return;
    database.close();
    tell(mainPort, { closed: true });
    for (const port of ports) port.close();
  };

  const listen = (port: MessagePort): void => {
    ports.add(port);
    port.on('close', () => ports.delete(port));
    port.on('message', (message: ToWriter) => {
      take(port, message);
      commit();
    });
  };
  listen(mainPort);
  tell(mainPort, { opened: true });
}

/** Each port its own replies, in one message. Replies are in the order of the batch. */
function answer(batch: readonly Waiting[], replies: readonly Reply[]): void {
  const byPort = new Map<MessagePort, Reply[]>();
  for (const [index, { port }] of batch.entries()) {
    const reply = replies[index];
    if (reply === undefined) continue;
    const own = byPort.get(port);
    if (own === undefined) byPort.set(port, [reply]);
    else own.push(reply);
  }
  for (const [port, own] of byPort) tell(port, { replies: own });
}

try {
  start((workerData as { file: string }).file);
} catch (error) {
  tell(mainPort, { refused: errorToData(databaseError('cannot open the ledger', error)) });
}
