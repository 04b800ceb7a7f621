// Records a golden history of each example workflow, by the real engine with its real plugins, a phantom sent to it, and a real
// receiver behind it: `node test/workflow/record-examples.ts [folder]`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startDemoPacs } from '../../engine/cli/demo-pacs.ts';
import { loadConfig } from '../../engine/config/index.ts';
import { makePhantom, sendFiles } from '../../engine/dicom/index.ts';
import { startEngine } from '../../engine/engine.ts';
import { loadWorkflows } from '../../engine/language/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { createRegistry } from '../../engine/plugin/host.ts';
import { connectTemporal } from '../../engine/temporal/connect.ts';
import { createRuns } from '../../engine/temporal/index.ts';
import { workflowIdOf } from '../../engine/workflow/contract.ts';
import { workflowOptions } from '../../engine/workflow-options.ts';
import { plugins } from '../../plugins/index.ts';
import { historiesFolder, writeHistory } from './write-history.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'gantry-examples-'));
const pacs = await startDemoPacs(join(folder, 'pacs'));
const file = join(folder, 'gantry.json');
writeFileSync(
  file,
  JSON.stringify({
    dicom: { port: 0, rejectUnknownSources: false, destinations: { PACS: { aeTitle: 'PACS', host: '127.0.0.1', port: pacs.port } } },
    storage: { watermarkPercent: 100, reserveSpaceGb: 0 },
    jobs: { mip: { backend: 'process', command: ['node', join(root, 'workflows/jobs/mip.mjs')] } },
    workflows: join(root, 'workflows'),
  }),
);
const { config } = await loadConfig(file);
if (config === null) throw new Error('the configuration does not load');
const engine = await startEngine({ config, dataFolder: join(folder, 'data'), log: silentLog });
if (engine.dicom === null) throw new Error('the engine has no plain DICOM port');
const receiver = engine.dicom;
const { client, close } = await connectTemporal({ address: engine.temporal.address }, engine.temporal.namespace);
try {
  const { workflows } = await loadWorkflows(config.workflows, workflowOptions(config, createRegistry(plugins)));
  for (const { definition } of workflows.values()) {
    const { workflow, on } = definition;
    const aeTitle = on.received.calledAeTitle;
    const study = await makePhantom({ folder: join(folder, workflow), slices: 4, size: 64, uidSeed: workflow });
    await sendFiles({ aeTitle, ...receiver }, study.files, { callingAeTitle: 'CT1' });
    const workflowId = workflowIdOf(workflow, aeTitle, study.studyInstanceUid);
    while ((await createRuns(client).standing(workflowId, null)) === 'absent') await new Promise(setImmediate);
    console.log(
      `example-${workflow}: ${await writeHistory(client, historiesFolder(process.argv[2]), `example-${workflow}`, workflowId)} events`,
    );
  }
} finally {
  await close();
  await engine.stop();
  await pacs.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exit();
}
