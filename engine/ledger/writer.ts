import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { databaseError } from './database-error.ts';
import { openDatabase } from './open-database.ts';
import { closeLeftAssociations } from './operations/associations.ts';
import { errorToData, type Request, type WriterMessage } from './protocol.ts';
import { runBatch } from './run-batch.ts';

/** Requests in one transaction, at most: bounds how long the first of a flood waits. */
const batchLimit = 512;

if (parentPort === null) throw new Error('the ledger writer runs in a worker thread');
const port = parentPort;
const tell = (message: WriterMessage): void => port.postMessage(message);

function start(file: string): void {
  const database = openDatabase(file);
  closeLeftAssociations(database);
  const waiting: Request[] = [];
  let closing = false;
  let scheduled = false;

  const take = (message: Request | 'close'): void => {
    if (message === 'close') closing = true;
    else waiting.push(message);
  };

  const commit = (): void => {
    scheduled = false;
    // What came while the last commit was syncing shares the next one.
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) take(next.message);
    while (waiting.length > 0) tell({ replies: runBatch(database, waiting.splice(0, batchLimit)) });
    if (!closing) return;
    database.close();
    tell({ closed: true });
    port.close();
  };

  port.on('message', (message: Request | 'close') => {
    take(message);
    if (scheduled) return;
    scheduled = true;
    setImmediate(commit);
  });
  tell({ opened: true });
}

try {
  start((workerData as { file: string }).file);
} catch (error) {
  tell({ refused: errorToData(databaseError('cannot open the ledger', error)) });
}
