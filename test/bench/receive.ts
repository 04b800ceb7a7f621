// `npm run bench:receive`: instances per second, Gantry (recorded in its ledger; synced where there is a disk) beside storescp +B and
// Orthanc, in one run. Senders are dcmtk's storescu, on the same machine. In memory nothing syncs; on disk Gantry and Orthanc sync,
// storescp does not. Each receiver is a new process, warmed up with a quarter as many instances. What is on disk stays there until the end:
// some 2.7 GB for each receiver and run, 40 GB with the defaults.
// Options: --runs N, --scale F (of the sets' sizes), --sets ct,small, --base FOLDER, --threads N (a second Gantry), --storm N (associations).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createGround, type Ground } from './ground.ts';
import { type BenchReceiver, gantryReceiver, median, orthanc, type StartReceiver, sendFolders, storescp } from './receivers.ts';
import { type BenchSet, benchSets, type WrittenSet, writeSet } from './sets.ts';
import { storm } from './storm.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    scale: { type: 'string', default: '1' },
    sets: { type: 'string' },
    base: { type: 'string' },
    threads: { type: 'string', default: '2' },
    storm: { type: 'string', default: '200' },
  },
});
const runs = Number(values.runs);
const threads = Number(values.threads);
const wanted = values.sets?.split(',');
const sets = benchSets(Number(values.scale)).filter(({ name }) => wanted === undefined || wanted.includes(name));
const input = mkdtempSync(join('/dev/shm', 'gantry-bench-input-'));

interface Figure {
  readonly seconds: number;
  /** Processor time of the process that listens: what it forks is not in it. */
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
const peakMegabytes = (pid: number): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1_024;

async function measure(receiver: BenchReceiver, set: BenchSet, { folders, warmUp }: WrittenSet): Promise<Figure> {
  await sendFolders([warmUp], receiver, set.propose);
  const before = cpuSeconds(receiver.pid);
  const seconds = await sendFolders(folders, receiver, set.propose);
  return { seconds, cpuSeconds: cpuSeconds(receiver.pid) - before, peakMegabytes: peakMegabytes(receiver.pid) };
}

async function compare(set: BenchSet, written: WrittenSet, { base, isDisk, settle }: Ground): Promise<void> {
  const receivers: readonly (readonly [string, StartReceiver])[] = [
    ['gantry', gantryReceiver()],
    ...(threads > 1 ? ([[`gantry × ${threads}`, gantryReceiver(threads)]] as const) : []),
    ['storescp +B', storescp()],
    ['storescp --fork', storescp('--fork')],
    ['orthanc', orthanc({ SyncStorageArea: isDisk })],
  ];
  const figures = new Map<string, Figure[]>(receivers.map(([name]) => [name, []]));
  settle();
  for (let run = 0; run < runs; run += 1) {
    for (const [name, start] of receivers) {
      const receiver = await start(base);
      try {
        figures.get(name)?.push(await measure(receiver, set, written));
      } catch (error) {
        console.log(`  ${name} failed in run ${run + 1}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        await receiver.stop();
        settle(receiver.folder);
      }
    }
  }
  const middle = (name: string, of: keyof Figure): number => median((figures.get(name) ?? []).map((figure) => figure[of]));
  const { instances, megabytes } = written;
  console.log(
    `\n${set.name}: ${instances} instances, ${megabytes.toFixed(0)} MB, ${set.associations} associations, ${isDisk ? 'on disk' : 'in memory'} (${base})`,
  );
  for (const [name, all] of figures) {
    const seconds = middle(name, 'seconds');
    const rates = all.map((figure) => instances / figure.seconds);
    const columns = [
      name.padEnd(16),
      `${(instances / seconds).toFixed(0).padStart(6)} inst/s`,
      `${(megabytes / seconds).toFixed(0).padStart(5)} MB/s`,
      `cpu ${middle(name, 'cpuSeconds').toFixed(2).padStart(5)} s`,
      `peak ${middle(name, 'peakMegabytes').toFixed(0).padStart(4)} MB`,
      `gantry is ${(seconds / middle('gantry', 'seconds')).toFixed(2)} ×`,
      `(${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)})`,
    ];
    console.log(`  ${columns.join('  ')}`);
  }
}

const grounds = (values.base === undefined ? ['/dev/shm', tmpdir()] : [values.base]).map(createGround);
try {
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}, ${runs} runs, medians`);
  for (const set of sets) {
    const folder = join(input, set.name);
    const written = await writeSet(set, folder);
    for (const ground of grounds) await compare(set, written, ground);
    rmSync(folder, { recursive: true, force: true });
  }
  const last = grounds.at(-1);
  if (Number(values.storm) > 0 && last !== undefined) await storm(Number(values.storm), last.base);
} finally {
  for (const ground of grounds) ground.remove();
  rmSync(input, { recursive: true, force: true });
}
