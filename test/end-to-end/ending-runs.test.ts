import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { makePhantom, type Phantom, sendFiles } from '../../engine/dicom/index.ts';
import { testBinary, testEnvironment } from '../temporal/test-binary.ts';
import type { Gantry } from './gantry-process.ts';
import { processesNaming } from './process-tree.ts';
import { Site } from './site.ts';
import { removeFolder, temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

const collects = `
workflow: collects
on: { received: { calledAeTitle: COLLECTS } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 20m, limit: 30m } }
`;
const works = (name: string): string => `
workflow: ${name}
on: { received: { calledAeTitle: ${name.toUpperCase()} } }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 2s } }
  - { id: compute, uses: job/submit, with: { job: ${name} } }
`;
/** Runs until it is ended; its command line tells whose it is. */
const endless = (name: string) => ({ command: ['node', '-e', `/* endless ${name} */ console.log('begun'); setInterval(() => {}, 1000)`] });

describe('a run that is ended from outside', { concurrency: true }, () => {
  let site: Site;
  let gantry: Gantry;
  let folder: string;

  before(async () => {
    folder = await temporaryFolder();
    site = await Site.open({
      jobs: { cancelled: endless('cancelled'), terminated: endless('terminated') },
      workflows: { collects, cancelled: works('cancelled'), terminated: works('terminated') },
    });
    gantry = await site.start();
  });
  after(async () => {
    await site.close();
    await removeFolder(folder);
  });

  const study = (name: string): Promise<Phantom> => makePhantom({ folder: join(folder, name), slices: 3, size: 16 });
  const send = async (calledAeTitle: string, { files }: Pick<Phantom, 'files'>): Promise<void> => {
    const results = await sendFiles({ aeTitle: calledAeTitle, ...gantry.dicom }, files, { callingAeTitle: 'CT1' });
    assert.ok(results.every(({ outcome }) => outcome === 'stored'));
  };
  const terminate = async (workflowId: string): Promise<void> => {
    const { path } = await testBinary();
    const target = ['--address', gantry.temporalAddress, '--workflow-id', workflowId, '--reason', 'the test says so'];
    await promisify(execFile)(path, ['workflow', 'terminate', ...target], { env: testEnvironment });
  };
  const jobRuns = (name: string) => until('its job to run', async () => (await processesNaming(`/* endless ${name} */`)).length > 0);
  const jobIsGone = (name: string) =>
    until('its job to be gone', async () => (await processesNaming(`/* endless ${name} */`)).length === 0);

  /** All its instances are kept, their files on disk, and no other run has taken them. */
  async function retained(workflowId: string): Promise<void> {
    const rows = await until('its instances to be retained', async () => {
      const instances = await site.instances({ workflowId });
      return instances.length === 3 && instances.every(({ state }) => state === 'retained') ? instances : null;
    });
    const files = await site.storedFiles();
    assert.ok(rows.every((row) => files.includes(site.storedPath(row))));
    const runs = await (await gantry.runs()).list({});
    assert.equal(runs.filter((run) => run.workflowId === workflowId).length, 1);
  }
  const cancel = async (workflowId: string): Promise<void> => {
    const { status, stderr } = await site.run('runs', 'cancel', workflowId);
    assert.equal(status, 0, stderr);
    await until('it to be cancelled', async () => {
      const rows = await site.json<readonly { readonly workflowId: string; readonly status: string }[]>(
        'runs',
        'list',
        '--status',
        'CANCELED',
      );
      return rows.some((row) => row.workflowId === workflowId && row.status === 'CANCELED');
    });
  };

  it('by gantry runs cancel during its job ends the job, too, and keeps the instances', async () => {
    const phantom = await study('cancelled');
    await send('CANCELLED', phantom);
    const workflowId = `cancelled/CANCELLED/${phantom.studyInstanceUid}`;
    await jobRuns('cancelled');
    await cancel(workflowId);
    await jobIsGone('cancelled');
    await retained(workflowId);
    const { steps } = await gantry.ended(workflowId);
    assert.deepEqual(
      steps.map(({ uses, state }) => [uses, state]),
      [
        ['group/by-study', 'succeeded'],
        ['batch/timeout', 'succeeded'],
        ['job/submit', 'cancelled'],
        ['storage/reclaim', 'succeeded'],
      ],
    );
  });

  it('by gantry runs cancel while it collects keeps the instances, and nothing takes its place', async () => {
    const phantom = await study('cancelled-collecting');
    await send('COLLECTS', phantom);
    const workflowId = `collects/COLLECTS/${phantom.studyInstanceUid}`;
    await gantry.run(workflowId, ({ stage, instances }) => stage === 'collecting' && instances === 3, 'collecting');
    await cancel(workflowId);
    await retained(workflowId);
  });

  it('in Temporal while it collects is replaced by a run with all instances', async () => {
    const phantom = await study('terminated-collecting');
    await send('COLLECTS', { files: phantom.files.slice(0, 2) });
    const workflowId = `collects/COLLECTS/${phantom.studyInstanceUid}`;
    const first = await gantry.run(workflowId, ({ stage }) => stage === 'collecting', 'collecting');
    await terminate(workflowId);
    const second = await gantry.run(workflowId, ({ runId, stage }) => runId !== first.runId && stage === 'collecting', 'replaced');
    assert.equal(second.status, 'RUNNING');
    await send('COLLECTS', { files: phantom.files.slice(2) });
    await gantry.complete(workflowId, 3);
    const { runId, status, instances } = await gantry.ended(workflowId);
    assert.deepEqual({ runId, status, instances }, { runId: second.runId, status: 'COMPLETED', instances: 3 });
    await until('all to be reclaimed', async () => (await site.instances({ workflowId })).every(({ state }) => state === 'reclaimed'));
  });

  it('in Temporal during its job ends the job, too, and keeps the instances', async () => {
    const phantom = await study('terminated');
    await send('TERMINATED', phantom);
    const workflowId = `terminated/TERMINATED/${phantom.studyInstanceUid}`;
    await jobRuns('terminated');
    await terminate(workflowId);
    await jobIsGone('terminated');
    await retained(workflowId);
    const [uid = ''] = phantom.files.map(({ sopInstanceUid }) => sopInstanceUid);
    const { events } = await site.json<{ readonly events: readonly { readonly why: string }[] }>('explain', uid);
    assert.ok(events.some(({ why }) => why.includes('its run ended: terminated')));
  });
});
