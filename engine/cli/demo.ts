import { openSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../config/index.ts';
import { makePhantom, sendFiles } from '../dicom/index.ts';
import { startEngine } from '../engine.ts';
import { instancesFolder, ledgerFile } from '../layout.ts';
import { openLedgerReader } from '../ledger/index.ts';
import { createLog } from '../log/index.ts';
import { connectRuns, runUrl } from '../temporal/index.ts';
import { startDemoPacs } from './demo-pacs.ts';
import { writePng } from './png.ts';
import { note, print, printTable } from './print.ts';
import { removeEngineFile, spellListening, writeEngineFile } from './running-engine.ts';

interface DemoOptions {
  readonly exit?: boolean;
  readonly keep?: string;
}

const slices = 60;
const packageRoot = resolve(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '../..' : '../../..');

/** The whole way, on real parts, told in plain words. With `--exit` its status is 0 only if every check at the end held. */
export async function demo({ exit = false, keep }: DemoOptions): Promise<void> {
  const folder = keep === undefined ? await mkdtemp(join(tmpdir(), 'gantry-demo-')) : resolve(keep);
  await using parts = new AsyncDisposableStack();
  if (keep === undefined) parts.defer(() => rm(folder, { recursive: true, force: true }));
  const data = join(folder, 'data');
  const step = chapters();

  step('A second DICOM receiver plays the PACS; it will be busy the first time it is called');
  const pacs = await startDemoPacs(join(folder, 'pacs'));
  parts.defer(() => pacs.stop());

  step('The engine starts, with its own Temporal server (fetched once, 44 MB, where there is none yet)');
  const { config } = await loadConfig(await writeConfig(folder, pacs.port));
  if (config === null) throw new Error('the demo wrote a configuration that does not load');
  const engine = await startEngine({
    config,
    dataFolder: data,
    log: createLog({ level: 'info', fd: openSync(join(folder, 'engine.log'), 'a') }),
  });
  parts.defer(async () => {
    await removeEngineFile(data);
    await engine.stop();
  });
  await writeEngineFile(data, engine);
  note(`  DICOM on ${spellListening(engine)}, Temporal on ${engine.temporal.address}, Web UI ${engine.temporal.uiUrl}`);

  step(`A phantom chest CT of ${slices} slices is made and sent over two associations, with a pause between them`);
  const study = await makePhantom({ folder: join(folder, 'study'), slices, seed: 1 });
  const { files } = study;
  if (engine.dicom === null) throw new Error('the demo wrote a configuration without a plain DICOM port');
  const scanner = { aeTitle: 'CHEST', ...engine.dicom };
  const half = slices / 2;
  const first = await sendFiles(scanner, files.slice(0, half), { callingAeTitle: 'CT1' });
  await pause(2_000);
  const second = await sendFiles(scanner, files.slice(half), { callingAeTitle: 'CT1' });
  const accepted = [...first, ...second].filter(({ outcome }) => outcome === 'stored').length;
  note(`  ${accepted} of ${slices} acknowledged; the engine now waits for 5 quiet seconds`);

  step('The run: group, wait, project, export (the PACS is busy, so it is tried again), reclaim');
  const { runs, close } = await connectRuns(engine.temporal);
  parts.defer(close);
  const workflowId = `chest-mip/CHEST/${study.studyInstanceUid}`;
  const run = await until('the run to end', async () => {
    const found = await runs.show(workflowId);
    return found !== null && found.status !== 'RUNNING' ? found : null;
  });
  const ledger = await openLedgerReader({ file: ledgerFile(data) });
  parts.defer(() => ledger.close());
  const filesLeft = async (): Promise<number> =>
    (await readdir(instancesFolder(data), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;
  const instances = await until('the files to be reclaimed', async () => {
    const rows = await ledger.instances({ studyInstanceUid: study.studyInstanceUid });
    return rows.every(({ state }) => state === 'reclaimed') && (await filesLeft()) === 0 ? rows : null;
  });

  print();
  print(`What arrived   ${instances.length} instances of study ${study.studyInstanceUid}`);
  print(`The run        ${run.workflowId}: ${run.status}`);
  print();
  printTable(
    ['STEP', 'USES', 'STATE', 'ATTEMPTS', 'STARTED', 'SECONDS'],
    run.steps.map((each) => [
      each.id,
      each.uses,
      each.state,
      String(each.attempts),
      each.startedAt?.slice(11, 19) ?? '',
      seconds(each.startedAt, each.endedAt),
    ]),
  );
  print();
  print(`The PACS has   ${pacs.files.length} instances (it was busy at first and rejected ${pacs.rejected} associations)`);
  const image = pacs.files[0];
  // Beside the folder, which goes with the demo.
  const png = join(keep === undefined ? tmpdir() : folder, 'gantry-demo.png');
  const pngBytes = image === undefined ? 0 : await writePng(image.path, png);
  print(`Result         ${png}`);
  print(`Left on disk   ${await filesLeft()} instance files: all are reclaimed`);
  print(`Look at it     ${runUrl(engine.temporal.uiUrl ?? '', engine.temporal.namespace, run.workflowId, run.runId)}`);

  const steps = Object.fromEntries(run.steps.map((each) => [each.id, each]));
  const exported = steps['to-pacs']?.output as { delivered?: number } | null | undefined;
  const projected = steps.project?.output as { instances?: { count: number } } | null | undefined;
  const checks: readonly (readonly [string, boolean])[] = [
    [`${slices} instances were acknowledged and recorded`, accepted === slices && instances.length === slices],
    ['one run completed, every step of it succeeded', run.status === 'COMPLETED' && run.steps.every(({ state }) => state === 'succeeded')],
    ['the export was rejected at first and tried again', pacs.rejected > 0 && (steps['to-pacs']?.attempts ?? 0) >= 2],
    [
      'the PACS has exactly what the job made',
      pacs.files.length > 0 && pacs.files.length === projected?.instances?.count && exported?.delivered === pacs.files.length,
    ],
    ['every file was reclaimed', (await filesLeft()) === 0],
    ['a picture was made of the result', pngBytes > 1_000],
  ];
  print();
  for (const [claim, held] of checks) print(`${held ? '✓' : '✗'} ${claim}`);
  if (checks.some(([, held]) => !held)) process.exitCode = 1;

  if (!exit) {
    print(`\nIt keeps running for you to look around: gantry runs list --data ${relative('.', data)}\nCtrl-C ends it.`);
    await new Promise((done) => process.once('SIGINT', done).once('SIGTERM', done));
  }
  await parts.disposeAsync();
  process.exit();
}

async function writeConfig(folder: string, pacsPort: number): Promise<string> {
  const file = join(folder, 'gantry.yaml');
  const config = {
    dicom: {
      host: '127.0.0.1',
      port: 0,
      sources: { CT1: { aeTitle: 'CT1', host: '127.0.0.1' } },
      destinations: { PACS: { aeTitle: 'PACS', host: '127.0.0.1', port: pacsPort } },
    },
    storage: { watermarkPercent: 99, reserveSpaceGb: 1 },
    jobs: { mip: { backend: 'process', command: ['node', join(packageRoot, 'workflows/jobs/mip.mjs')], timeout: '5m' } },
    workflows: join(packageRoot, 'workflows'),
  };
  await writeFile(file, JSON.stringify(config, null, 2));
  return file;
}

/** Asks until there is an answer; two minutes at most. */
async function until<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`waited two minutes for ${what}`);
    await pause(250);
  }
}

const seconds = (from: string | null, to: string | null): string =>
  from === null || to === null ? '' : ((Date.parse(to) - Date.parse(from)) / 1_000).toFixed(1);

function chapters(): (line: string) => void {
  let number = 0;
  return (line) => {
    number += 1;
    print(`${number}. ${line}`);
  };
}
