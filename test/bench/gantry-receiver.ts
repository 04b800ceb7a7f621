// Gantry's whole receiving path as a process of its own, without Temporal: `node gantry-receiver.ts FOLDER THREADS` prints its port.
import { join } from 'node:path';
import { loadConfig } from '../../engine/config/index.ts';
import { AssociationPlaces } from '../../engine/dicom/index.ts';
import { openLedger } from '../../engine/ledger/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { startReceiving, startReceivingThreads } from '../../engine/receiving/index.ts';
import { createFolderStorage } from '../../engine/storage/index.ts';

// As the gantry command has it.
process.env.UV_THREADPOOL_SIZE ??= '16';
const [folder, threads = '1'] = process.argv.slice(2);
if (folder === undefined) throw new Error('a folder is needed');
const { config } = await loadConfig(null);
if (config === null) throw new Error('there are no defaults');
const ledger = await openLedger({ file: join(folder, 'ledger.db') });
const root = join(folder, 'instances');
const limits = { ...config.storage, watermarkPercent: 99, reserveSpaceGb: 0 };
const storage = createFolderStorage({ root, ...limits });
const shared = {
  dicom: { ...config.dicom, port: 0, rejectUnknownSources: false, maxAssociations: 400, maxAssociationsPerPeer: 400 },
  ledger,
  log: silentLog,
  workflowAeTitles: () => new Set(['BENCH']),
  onRecorded() {},
  onAssociationEnd() {},
};
const receiving =
  threads === '1'
    ? await startReceiving({
        ...shared,
        storage,
        places: new AssociationPlaces(shared.dicom.maxAssociations),
        sharePorts: false,
        watchSpace: true,
      })
    : await startReceivingThreads({ ...shared, count: Number(threads), storage: limits, root });
process.stdout.write(`${receiving.plain?.port}\n`);
process.once('SIGTERM', () => {
  void receiving
    .stop()
    .then(() => storage.close())
    .then(() => ledger.close())
    .then(() => process.exit(0));
});
