// A receiving thread: the same receiver, policy and storage as in the engine's own, with the ledger and the limits shared.
import { parentPort, workerData } from 'node:worker_threads';
import { AssociationPlaces } from '../dicom/index.ts';
import { GantryError } from '../errors/index.ts';
import { connectLedger } from '../ledger/index.ts';
import type { Log } from '../log/index.ts';
import { createFolderStorage, type Storage } from '../storage/index.ts';
import { coalesced } from './coalesced.ts';
import type { FromThread, ThreadData, ToThread } from './protocol.ts';
import { type Receiving, startReceiving } from './receiving.ts';

/** Waking the engine costs it more than routing an instance: it is told of many at once. */
const tellEveryMs = 20;

if (parentPort === null) throw new Error('receiving threads are started by the engine');
const port = parentPort;
const say = (message: FromThread): void => port.postMessage(message);

const { dicom, storage: limits, root, places, ledger: ledgerPort, workflowAeTitles, watchSpace } = workerData as ThreadData;
const logAs =
  (level: keyof Log): Log['info'] =>
  (message, fields) =>
    say({ say: 'log', level, message, fields });
const log: Log = { debug: logAs('debug'), info: logAs('info'), warn: logAs('warn'), error: logAs('error') };

let titles = workflowAeTitles;
const ledger = connectLedger(ledgerPort);

async function obey(receiving: Receiving, storage: Storage, order: ToThread): Promise<void> {
  switch (order.do) {
    case 'know':
      titles = order.workflowAeTitles;
      return;
    case 'measure':
      return say({ say: 'measured', metrics: await receiving.metrics() });
    case 'stop':
      await receiving.stop();
      await storage.close();
      await ledger.close();
      say({ say: 'stopped' });
      port.close();
  }
}

try {
  const storage = createFolderStorage({ root, ...limits });
  const receiving = await startReceiving({
    dicom,
    places: new AssociationPlaces(dicom.maxAssociations, places),
    sharePorts: true,
    storage,
    ledger,
    log,
    workflowAeTitles: () => titles,
    watchSpace,
    onRecorded: coalesced(() => say({ say: 'recorded' }), tellEveryMs),
    onAssociationEnd: () => say({ say: 'association-ended' }),
  });
  port.on('message', (order: ToThread) => void obey(receiving, storage, order));
  say({ say: 'listening', plain: receiving.plain, tls: receiving.tls });
} catch (error) {
  const known = error instanceof GantryError ? error : null;
  say({
    say: 'refused',
    code: known?.code ?? null,
    message: error instanceof Error ? error.message : String(error),
    mend: known?.mend ?? null,
  });
  await ledger.close();
}
