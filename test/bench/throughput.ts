// `npm run bench:throughput`: studies through the whole way, from the first C-STORE to the last instance at a storescp behind it.
// Gantry (receive, group, wait 1 s, export, reclaim) beside Orthanc (receive, stable after 1 s, auto-forward by Lua), and storescu
// straight to storescp +B as the floor. Options: --studies N, --slices N, --runs N.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { makePhantom } from '../../engine/dicom/index.ts';
import { createGround } from './ground.ts';
import { type BenchReceiver, median, orthanc, sendFolders, storescp } from './receivers.ts';

const { values } = parseArgs({
  options: { studies: { type: 'string', default: '8' }, slices: { type: 'string', default: '60' }, runs: { type: 'string', default: '3' } },
});
const [studies, slices, runs] = [Number(values.studies), Number(values.slices), Number(values.runs)];
const { base, settle, remove } = createGround(tmpdir());

/** Something that forwards what it receives to the sink. */
type StartForwarder = (sink: BenchReceiver) => Promise<BenchReceiver>;

const gantry: StartForwarder = async (sink) => {
  const folder = mkdtempSync(join(base, 'dev-'));
  mkdirSync(join(folder, 'workflows'));
  const workflow = {
    workflow: 'forward',
    on: { received: { calledAeTitle: 'BENCH' } },
    steps: [
      { uses: 'group/by-study' },
      { uses: 'batch/timeout', with: { quiet: '1s' } },
      { uses: 'dicom/export', with: { destinations: ['SINK'] } },
    ],
  };
  writeFileSync(join(folder, 'workflows/forward.yaml'), JSON.stringify(workflow));
  const config = {
    dicom: { port: 0, rejectUnknownSources: false, destinations: { SINK: { aeTitle: 'BENCH', host: '127.0.0.1', port: sink.port } } },
    storage: { watermarkPercent: 99, reserveSpaceGb: 1 },
    workflows: './workflows',
  };
  writeFileSync(join(folder, 'gantry.yaml'), JSON.stringify(config));
  const command = resolve(import.meta.dirname, '../../engine/cli/gantry.mjs');
  const args = [command, 'dev', '--config', join(folder, 'gantry.yaml'), '--data', join(folder, 'data'), '--log-level', 'error'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    port: Number(/dicom=\S+:(\d+)/.exec(line)?.[1]),
    aeTitle: 'BENCH',
    folder,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
};

const orthancForwarder: StartForwarder = (sink) => {
  const script = join(mkdtempSync(join(base, 'lua-')), 'forward.lua');
  writeFileSync(script, "function OnStableStudy(id, tags, metadata)\n  RestApiPost('/modalities/sink/store', id)\nend\n");
  return orthanc({ StableAge: 1, LuaScripts: [script], DicomModalities: { sink: ['BENCH', '127.0.0.1', sink.port] } })(base);
};

const direct: StartForwarder = async (sink) => ({ ...sink, stop: () => Promise.resolve() });

const input = mkdtempSync(join('/dev/shm', 'gantry-bench-input-'));
try {
  const folders: string[] = [];
  for (let n = 0; n < studies; n += 1) {
    const folder = join(input, String(n));
    await makePhantom({ folder, slices, size: 256, seed: n + 1 });
    folders.push(folder);
  }
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}, ${runs} runs, medians; ${studies} studies of ${slices} CT slices at once`,
  );
  const figures = new Map<string, number[]>();
  settle();
  for (let run = 0; run < runs; run += 1) {
    for (const [name, start] of [
      ['gantry', gantry],
      ['orthanc', orthancForwarder],
      ['storescp +B', direct],
    ] as const) {
      const sink = await storescp()(base);
      const forwarder = await start(sink);
      try {
        const startedAt = performance.now();
        await sendFolders(folders, forwarder);
        const deadline = startedAt + 300_000;
        while (readdirSync(sink.folder).length < studies * slices) {
          if (performance.now() > deadline)
            throw new Error(`${name}: only ${readdirSync(sink.folder).length} of ${studies * slices} arrived`);
          await pause(20);
        }
        figures.set(name, [...(figures.get(name) ?? []), (performance.now() - startedAt) / 1_000]);
      } finally {
        await forwarder.stop();
        await sink.stop();
        settle(sink.folder);
      }
    }
  }
  const own = median(figures.get('gantry') ?? []);
  for (const [name, seconds] of figures) {
    const middle = median(seconds);
    console.log(
      `  ${name.padEnd(12)} ${middle.toFixed(2)} s  gantry is ${(middle / own).toFixed(2)} ×  (${seconds.map((each) => each.toFixed(2)).join(', ')})`,
    );
  }
} finally {
  remove();
  rmSync(input, { recursive: true, force: true });
}
