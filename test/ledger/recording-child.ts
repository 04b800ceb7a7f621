// Records one instance after another, eight at a time, and prints the path of each once it is acknowledged. For crash.test.ts.
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openLedger } from '../../engine/ledger/index.ts';
import { instance, keep } from './contract/fixture.ts';

const ledger = await openLedger({ file: process.argv[2] ?? '' });

async function recordForEver(): Promise<never> {
  for (;;) {
    const path = randomUUID();
    await ledger.record(instance({ sopInstanceUid: `2.25.${path}`, path }), keep);
    writeSync(1, `${path}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, recordForEver));
