// Stores and records one file after another, eight at a time, and prints the path of each once it is recorded. For power-cut.test.ts.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from '../../engine/ledger/index.ts';
import { createFolderStorage } from '../../engine/storage/index.ts';
import { instance, keep } from '../ledger/contract/fixture.ts';

const folder = process.argv[2] ?? '';
const storage = createFolderStorage({ root: join(folder, 'instances'), watermarkPercent: 99, reserveSpaceGb: 0 });
const ledger = await openLedger({ file: join(folder, 'ledger.db') });

async function storeForEver(): Promise<never> {
  for (;;) {
    const writer = storage.create(Buffer.from('header '));
    writer.write(Buffer.from('dataset'));
    const { path } = await writer.commit();
    await ledger.record(instance({ path, sopInstanceUid: path }), keep);
    writeSync(1, `${path}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, storeForEver));
