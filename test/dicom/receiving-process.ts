// The whole receiving path, as a process of its own: `node receiving-process.ts FOLDER [stuck]` prints its port. GANTRY takes what the Standard
// knows, ANY all. Stuck: its disk takes nothing until SIGUSR2.
import { once } from 'node:events';
import { join } from 'node:path';
import { defaultAeTitleRules } from '../../engine/config/index.ts';
import { createReceiver } from '../../engine/dicom/index.ts';
import { createReceiverPolicy } from '../../engine/intake/index.ts';
import { openLedger } from '../../engine/ledger/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { createDisk, type Disk } from '../../engine/storage/disk.ts';
import { createFolderStorage } from '../../engine/storage/index.ts';

const [, , folder, mode] = process.argv;
if (folder === undefined) throw new Error('a folder is needed');

const disk = createDisk();
const unstuck = once(process, 'SIGUSR2');
const stuck: Disk = {
  ...disk,
  isBrisk: false,
  write: async (descriptor, chunks) => {
    await unstuck;
    await disk.write(descriptor, chunks);
  },
};
const ledger = await openLedger({ file: join(folder, 'ledger.db') });
const storage = await createFolderStorage({
  root: join(folder, 'instances'),
  watermarkPercent: 99,
  reserveSpaceGb: 0,
  disk: mode === 'stuck' ? stuck : disk,
});
const receiver = createReceiver({
  host: '127.0.0.1',
  port: 0,
  maxAssociations: 250,
  // Rows about silence need not take minutes; nothing that moves comes near these.
  timers: { associateRequestMs: 3_000, progressMs: 10_000, idleMs: 60_000, artimMs: 500 },
  log: silentLog,
  policy: createReceiverPolicy({
    storage,
    ledger,
    log: silentLog,
    rejectUnknownSources: false,
    sources: {},
    maxAssociationsPerPeer: null,
    maxInstanceSizeBytes: null,
    rulesOf(called) {
      if (called === 'ANY') return { ...defaultAeTitleRules, accept: 'any' };
      return called === 'GANTRY' ? { ...defaultAeTitleRules, accept: 'standard' } : null;
    },
    onRecorded() {},
    onAssociationEnd() {},
  }),
});
const { port } = await receiver.start();
process.stdout.write(`${port}\n`);
process.once('SIGTERM', () => {
  void receiver
    .stop({ graceMs: 0 })
    .then(() => ledger.close())
    .then(() => process.exit(0));
});
