// Gantry's receiving path alone, as a process of its own: `node gantry-receiver.ts FOLDER` prints its port.
import { join } from 'node:path';
import { createReceiver, readFileFacts } from '../../engine/dicom/index.ts';
import { createReceiverPolicy } from '../../engine/intake/index.ts';
import { openLedger } from '../../engine/ledger/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { createFolderStorage } from '../../engine/storage/index.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('a folder is needed');
const ledger = await openLedger({ file: join(folder, 'ledger.db') });
const storage = await createFolderStorage({ root: join(folder, 'instances'), watermarkPercent: 99, reserveSpaceGb: 0 });
const receiver = createReceiver({
  host: '127.0.0.1',
  port: 0,
  maxAssociations: 100,
  log: silentLog,
  policy: createReceiverPolicy({
    storage,
    ledger,
    readFileFacts,
    log: silentLog,
    rejectUnknownSources: false,
    sources: [],
    rules: { BENCH: { ignoredSopClasses: [], overwriteSameInstance: false } },
    workflowAeTitles: () => [],
    onRecorded() {},
    onAssociationEnd() {},
  }),
});
const { port } = await receiver.start();
process.stdout.write(`${port}\n`);
process.once('SIGTERM', () => {
  void receiver
    .stop()
    .then(() => ledger.close())
    .then(() => process.exit(0));
});
