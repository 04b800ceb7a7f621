import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { makePhantom, sendFiles } from '../../engine/dicom/index.ts';
import { testBinary, testEnvironment } from '../temporal/test-binary.ts';
import type { Gantry, Run } from './gantry-process.ts';
import { processesNaming } from './process-tree.ts';
import { Site } from './site.ts';
import { removeFolder, temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

/** One AE title, workflow and job for each way to fail. */
const failing: Readonly<Record<string, { readonly script: string; readonly jobTimeout?: string; readonly stepTimeout?: string }>> = {
  exits: { script: `for (let n = 1; n <= 30; n += 1) console.error('line ' + n); process.exitCode = 3;` },
  signals: { script: `console.log('about to go'); process.kill(process.pid, 'SIGSEGV');` },
  garbage: { script: `console.log('all well'); fs.writeFileSync(process.env.GANTRY_OUTPUT + '/output.json', '{"half":');` },
  scribbles: { script: `console.log('all well'); fs.writeFileSync(process.env.GANTRY_OUTPUT + '/image.dcm', 'no DICOM');` },
  // Deaf to SIGTERM, as is what it starts.
  hangs: {
    jobTimeout: '2s',
    script: `console.log('still thinking');
      const deaf = "/* hangs */ process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);";
      require('node:child_process').spawn(process.execPath, ['-e', deaf], { stdio: 'inherit' });
      eval(deaf);`,
  },
  dawdles: { stepTimeout: '2s', script: `console.log('still thinking'); setInterval(() => {}, 1000);` },
  // 60 MB, in one go and without a pause.
  floods: {
    script: `const line = Buffer.alloc(1_000, 'x'); line[999] = 10;
      for (let n = 0; n < 60_000; n += 1) fs.writeSync(1, line); fs.writeSync(1, 'the last word\\n'); process.exitCode = 1;`,
  },
};

const failingWorkflow = (name: string, stepTimeout: string): string => `
workflow: ${name}
on: { received: { calledAeTitle: ${name.toUpperCase()} } }
retries:
  twice: { attempts: 2, backoff: { initial: 500ms }, exhausted: fail }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 2s } }
  - { id: compute, uses: job/submit, with: { job: ${name} }, retry: twice, timeout: ${stepTimeout} }
  - { id: never, uses: job/submit, with: { job: exits } }
`;

/** Fails until the test has mended it for the study in question. */
const mendable = `
  const { study } = JSON.parse(process.env.GANTRY_PARAMETERS);
  if (!fs.existsSync('mended/' + study)) { console.error('the model is not there'); process.exit(1); }`;

const parking = `
workflow: parks
on: { received: { calledAeTitle: PARKS } }
retries:
  ops: { attempts: 2, backoff: { initial: 500ms }, exhausted: park }
steps:
  - { id: study, uses: group/by-study }
  - { id: all, uses: batch/timeout, with: { quiet: 2s } }
  - { id: compute, uses: job/submit, with: { job: mendable, parameters: { study: "\${{ run.group }}" } }, retry: ops }
`;

/** A comment in the command line tells whose processes they are. */
const node = (name: string, script: string) => ['node', '-e', `/* ${name} */ const fs = require('node:fs'); ${script}`];

describe('a job that fails', { concurrency: true }, () => {
  let site: Site;
  let gantry: Gantry;
  let folder: string;

  before(async () => {
    folder = await temporaryFolder();
    site = await Site.open({
      jobs: {
        ...Object.fromEntries(
          Object.entries(failing).map(([name, { script, jobTimeout: timeout = '10m' }]) => [
            name,
            { command: node(name, script), timeout },
          ]),
        ),
        mendable: { command: node('mendable', mendable) },
      },
      workflows: {
        ...Object.fromEntries(Object.entries(failing).map(([name, { stepTimeout = '10m' }]) => [name, failingWorkflow(name, stepTimeout)])),
        parks: parking,
      },
    });
    gantry = await site.start();
  });
  after(async () => {
    await site.close();
    await removeFolder(folder);
  });

  /** Sends a study of two slices and answers its run's Workflow Id. */
  async function submit(workflow: string, name = workflow): Promise<string> {
    const { studyInstanceUid, files } = await makePhantom({ folder: join(folder, name), slices: 2, size: 16 });
    const calledAeTitle = workflow.toUpperCase();
    const results = await sendFiles({ aeTitle: calledAeTitle, ...gantry.dicom }, files, { callingAeTitle: 'CT1' });
    assert.ok(results.every(({ outcome }) => outcome === 'stored'));
    return `${workflow}/${calledAeTitle}/${studyInstanceUid}`;
  }
  const computed = (run: Run) => {
    const step = run.steps.find(({ id }) => id === 'compute');
    assert.ok(step);
    return step;
  };

  /** A failed run: its step with the error, the one after it not begun, its instances kept. */
  async function failed(
    workflow: string,
    attempts: number,
  ): Promise<{ readonly code: string; readonly message: string; readonly hint: string | null }> {
    const workflowId = await submit(workflow);
    const run = await gantry.ended(workflowId);
    const { state, attempts: made, error } = computed(run);
    assert.deepEqual({ status: run.status, state, made }, { status: 'FAILED', state: 'failed', made: attempts });
    assert.equal(run.steps.find(({ id }) => id === 'never')?.state, 'pending');
    const rows = await until('its instances to be retained', async () => {
      const instances = await site.instances({ workflowId });
      return instances.length === 2 && instances.every((row) => row.state === 'retained') ? instances : null;
    });
    const onDisk = await site.storedFiles();
    assert.ok(rows.every((row) => onDisk.includes(site.storedPath(row))));
    assert.ok(error);
    return error;
  }

  it('by its exit status fails the attempt with its last lines, and the run when attempts are used up', async () => {
    const { code, message } = await failed('exits', 2);
    assert.equal(code, 'JobFailed');
    assert.match(message, /^job "exits" exited with code 3; last lines:\nline 21\n(line \d+\n){8}line 30$/);
  });

  it('by a signal fails with its name', async () => {
    const { code, message } = await failed('signals', 2);
    assert.equal(code, 'JobFailed');
    assert.match(message, /^job "signals" was killed by SIGSEGV; last lines:\nabout to go$/);
  });

  it('by a result that is not JSON fails at once: trying again would give the same', async () => {
    const { code, message, hint } = await failed('garbage', 1);
    assert.equal(code, 'JobOutputInvalid');
    assert.match(message, /output\.json is not JSON; last lines:\nall well$/);
    assert.match(hint ?? '', /job\.log/);
  });

  it('by a file that only is named like DICOM fails at once', async () => {
    const { code, message } = await failed('scribbles', 1);
    assert.equal(code, 'JobOutputInvalid');
    assert.match(message, /not a DICOM Part 10 file.*; last lines:\nall well$/);
  });

  it('by hanging is ended at its time limit with all that it started, deaf or not', async () => {
    const { code, message } = await failed('hangs', 2);
    assert.equal(code, 'JobTimedOut');
    assert.match(message, /^job "hangs" ran longer than 2 ?s and was ended; last lines:\nstill thinking$/);
    await nothingLeft('hangs');
  });

  it("by taking longer than its step's time is ended, too", async () => {
    const { code, message } = await failed('dawdles', 2);
    assert.equal(code, 'StepTimedOut');
    assert.match(message, /took longer than 2 ?s/);
    await nothingLeft('dawdles');
  });

  it('by flooding its log fails with its last lines; the log is cut, and the engine goes on', async () => {
    const { code, message, hint } = await failed('floods', 2);
    assert.equal(code, 'JobFailed');
    assert.match(message, /\nthe last word$/);
    assert.ok(message.length < 2_500, 'the failure fits what Temporal shows');
    const [log = ''] = /\S+job\.log/.exec(hint ?? '') ?? [];
    assert.ok((await stat(log)).size < 11 * 1024 * 1024);
  });

  const nothingLeft = (job: string) => until('its processes to be gone', async () => (await processesNaming(`/* ${job} */`)).length === 0);

  describe('and parks', { concurrency: true }, () => {
    async function park(name: string): Promise<{ readonly workflowId: string; mend(): Promise<void> }> {
      const workflowId = await submit('parks', name);
      const run = await gantry.parked(workflowId);
      const { state, attempts, error } = computed(run);
      assert.deepEqual(
        { status: run.status, stage: run.stage, state, attempts, code: error?.code },
        {
          ...{ status: 'RUNNING', stage: 'compute', state: 'parked', attempts: 2, code: 'JobFailed' },
        },
      );
      return {
        workflowId,
        async mend() {
          await mkdir(join(site.folder, 'mended'), { recursive: true });
          await writeFile(join(site.folder, 'mended', run.group), '');
        },
      };
    }
    const succeeded = async (command: string, ...args: readonly string[]): Promise<void> => {
      const { status, stderr } = await site.run('runs', command, ...args);
      assert.equal(status, 0, stderr);
    };

    it('is shown as parked by the list and by the run itself', async () => {
      const { workflowId } = await park('shown');
      const rows = await site.json<readonly { readonly workflowId: string; readonly parked: boolean; readonly status: string }[]>(
        'runs',
        'list',
      );
      const row = rows.find((each) => each.workflowId === workflowId);
      assert.deepEqual({ parked: row?.parked, status: row?.status }, { parked: true, status: 'RUNNING' });
      const { stdout } = await site.run('runs', 'show', workflowId);
      assert.match(stdout, /PARKED at compute/);
      assert.match(stdout, /JobFailed: job "mendable" exited with code 1/);
    });

    it('goes on by gantry runs retry', async () => {
      const { workflowId, mend } = await park('retried');
      await mend();
      await succeeded('retry', workflowId, '--reason', 'the model is back');
      const run = await gantry.ended(workflowId);
      assert.deepEqual({ status: run.status, ...pick(run) }, { status: 'COMPLETED', state: 'succeeded', attempts: 3 });
    });

    it('goes on without the step by gantry runs skip', async () => {
      const { workflowId } = await park('skipped');
      await succeeded('skip', workflowId, '--step', 'compute', '--reason', 'nobody needs it');
      const run = await gantry.ended(workflowId);
      assert.deepEqual({ status: run.status, ...pick(run) }, { status: 'COMPLETED', state: 'skipped', attempts: 2 });
      assert.match(computed(run).note ?? '', /skipped by an operator: nobody needs it/);
    });

    it('fails its run by gantry runs fail', async () => {
      const { workflowId } = await park('given-up');
      await succeeded('fail', workflowId);
      const run = await gantry.ended(workflowId);
      assert.deepEqual({ status: run.status, ...pick(run) }, { status: 'FAILED', state: 'failed', attempts: 2 });
    });

    it('goes on by a signal as the Web UI sends it', async () => {
      const { workflowId, mend } = await park('signalled');
      await mend();
      const { path } = await testBinary();
      const target = [
        '--address',
        gantry.temporalAddress,
        '--workflow-id',
        workflowId,
        '--name',
        'retry',
        '--input',
        '{"reason":"from the Web UI"}',
      ];
      await promisify(execFile)(path, ['workflow', 'signal', ...target], { env: testEnvironment });
      const run = await gantry.ended(workflowId);
      assert.deepEqual({ status: run.status, ...pick(run) }, { status: 'COMPLETED', state: 'succeeded', attempts: 3 });
    });
  });

  const pick = (run: Run) => ({ state: computed(run).state, attempts: computed(run).attempts });
});
