// `npm run bench:receive`: instances per second, Gantry (synced, recorded) beside storescp +B and Orthanc, in one run.
// Senders are dcmtk's storescu, on the same machine. Options: --runs N, --scale F (of the sets' sizes), --base FOLDER.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makePhantom } from '../../engine/dicom/index.ts';
import { gantryReceiver, median, orthanc, type StartReceiver, sendFolders, storescp } from './receivers.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, scale: { type: 'string', default: '1' }, base: { type: 'string' } },
});
const runs = Number(values.runs);
const scale = Number(values.scale);

/** Instances in all, over four associations. */
const sets = [
  { name: 'ct', size: 512, instances: Math.ceil(500 * scale) },
  { name: 'small', size: 64, instances: Math.ceil(2_000 * scale) },
];
const receivers: readonly (readonly [string, StartReceiver])[] = [
  ['gantry', gantryReceiver],
  ['storescp +B', storescp],
  ['orthanc', orthanc()],
];
/** Memory first: what the code costs; then the disk: what durability costs. */
const bases = values.base === undefined ? ['/dev/shm', tmpdir()] : [values.base];
const associations = 4;

const input = mkdtempSync(join('/dev/shm', 'gantry-bench-input-'));
try {
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}, ${runs} runs, medians, ${associations} associations`);
  for (const set of sets) {
    const folders: string[] = [];
    for (let n = 0; n < associations; n += 1) {
      const folder = join(input, set.name, String(n));
      await makePhantom({ folder, slices: Math.ceil(set.instances / associations), size: set.size, seed: n + 1 });
      folders.push(folder);
    }
    const files = folders.flatMap((folder) => readdirSync(folder).map((name) => statSync(join(folder, name)).size));
    const megabytes = files.reduce((sum, size) => sum + size, 0) / 1e6;
    for (const base of bases) {
      const figures = new Map<string, number[]>(receivers.map(([name]) => [name, []]));
      for (let run = 0; run < runs; run += 1) {
        for (const [name, start] of receivers) {
          const receiver = await start(base);
          try {
            figures.get(name)?.push(await sendFolders(folders, receiver));
          } finally {
            await receiver.stop();
          }
        }
      }
      const own = median(figures.get('gantry') ?? []);
      console.log(`\n${set.name}: ${files.length} instances, ${megabytes.toFixed(0)} MB, on ${base}`);
      for (const [name, seconds] of figures) {
        const middle = median(seconds);
        const spread = `${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)} s`;
        console.log(
          `  ${name.padEnd(12)} ${(files.length / middle).toFixed(0).padStart(6)} inst/s  ${(megabytes / middle).toFixed(0).padStart(5)} MB/s  gantry is ${(middle / own).toFixed(2)} ×  (${spread})`,
        );
      }
    }
  }
} finally {
  rmSync(input, { recursive: true, force: true });
}
