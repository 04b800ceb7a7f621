import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Definition, StepDefinition } from '../../engine/language/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { createRegistry } from '../../engine/plugin/host.ts';
import { createRuns, openTemporal, type Temporal } from '../../engine/temporal/index.ts';
import { bundleWorkflows, createActivities, startWorker } from '../../engine/worker/index.ts';
import { plugins } from '../../plugins/index.ts';
import { makeScratch, removeScratch, testEnvironment } from '../temporal/test-binary.ts';
import { lungCt, step } from '../workflow/definitions.ts';
import { definitionHash, openParts, workflowId } from './engine-parts.ts';

const scratch = makeScratch();
let temporal: Temporal;
before(async () => {
  temporal = await openTemporal({
    config: { port: 0, uiPort: 0, namespace: 'default' },
    dataFolder: scratch,
    log: silentLog,
    env: testEnvironment,
  });
});
after(async () => {
  await temporal.close();
  removeScratch(scratch);
});

const steps: readonly StepDefinition[] = [
  step('study', 'group/by-study', { kind: 'group' }),
  step('complete', 'batch/timeout', { kind: 'batch', with: { quiet: '1s' } }),
  step('nodules', 'job/submit', { with: { job: 'nodules' } }),
];

/** The engine's parts, a job in Node that runs `body`, and two instances received. */
async function setUp(test: TestContext, body: string, calledAeTitle: string, hasSpace = () => true) {
  const { parts, ledger, receive, dataFolder, storage } = await openParts(test, { registry: createRegistry(plugins) });
  await mkdir(join(dataFolder, 'site'));
  const job = join(dataFolder, 'site/job.mjs');
  await writeFile(job, `import fs from 'node:fs';\n${body}`);
  const jobs = { nodules: { backend: 'process', options: { command: ['node', job] } } };
  const definition: Definition = { ...lungCt, steps, finally: [step('reclaim', 'storage/reclaim')] };
  await ledger.saveDefinition(definitionHash, 'lung-ct', JSON.stringify(definition));
  const group = await receive('1.1', '1.2');
  const space = async () => ({ open: hasSpace(), freeBytes: 1e9, reservedBytes: 5e9, totalBytes: 9e9 });
  const activities = createActivities({ ...parts, config: { ...parts.config, jobs }, storage: { ...storage, space } });
  const input = { workflow: 'lung-ct', calledAeTitle, key: '1.2.3', group, definition: definitionHash };
  const id = workflowId.replace('LUNG', calledAeTitle);
  const runs = createRuns(temporal.client);
  return {
    ledger,
    dataFolder,
    group,
    id,
    runs,
    start: () => startWorker({ temporal, activities, log: silentLog }),
    wake: () => runs.wake({ ...input, workflowId: id, reason: 'new-group' }),
    result: () => temporal.client.workflow.getHandle(id).result(),
  };
}

describe('the workflow bundle', () => {
  it('is made once, from the workflow code beside this one', async () => {
    const [first, second] = await Promise.all([bundleWorkflows(), bundleWorkflows()]);
    assert.equal(first, second);
    assert.match(first.code, /__TEMPORAL__/);
  });
});

describe('a worker on a real server', () => {
  it('takes a group from its first look to its last claim', async (test) => {
    const { ledger, group, id, runs, start, wake, result } = await setUp(test, "console.log('progress 2/2')", 'LUNG');
    const worker = await start();
    try {
      await wake();
      assert.deepEqual(await result(), {
        outcome: 'succeeded',
        instances: 2,
        steps: { study: 'succeeded', complete: 'succeeded', nodules: 'succeeded', reclaim: 'succeeded' },
      });
      assert.equal((await ledger.group(group))?.state, 'settled');
      assert.equal((await runs.show(id))?.status, 'COMPLETED');
    } finally {
      await worker.stop();
      await worker.ended;
    }
  });

  it('that is stopped ends its jobs, and the next one does their step again', { timeout: 60_000 }, async (test) => {
    const marks = "const marks = process.argv[1] + '.marks'; fs.appendFileSync(marks, process.pid + '\\n');";
    const { dataFolder, start, wake, result } = await setUp(
      test,
      `${marks} if (fs.readFileSync(marks, 'utf8').split('\\n').length === 2) setInterval(() => {}, 1000);`,
      'STOPPED',
    );
    const first = await start();
    await wake();
    const attempts = async (): Promise<string[]> =>
      (await readFile(join(dataFolder, 'site/job.mjs.marks'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
    while ((await attempts()).length === 0) await sleep(20);
    await first.stop();
    const [pid] = await attempts();
    assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' });

    const second = await start();
    try {
      assert.equal((await result()).outcome, 'succeeded');
      assert.equal((await attempts()).length, 2);
    } finally {
      await second.stop();
    }
  });

  it('that is stopped while a step waits for space stops at once, and the next one goes on when there is some', {
    timeout: 60_000,
  }, async (test) => {
    let hasSpace = false;
    const { id, runs, start, wake, result } = await setUp(test, '', 'LOW', () => hasSpace);
    const nodules = async () => (await runs.show(id))?.steps.find((each) => each.id === 'nodules');
    const first = await start();
    await wake();
    const note = 'waiting for space: 1 GB free, 5 GB reserved';
    while ((await nodules())?.note !== note) await sleep(50);
    const begun = performance.now();
    await first.stop();
    assert.ok(performance.now() - begun < 5_000, `it took ${Math.round(performance.now() - begun)} ms`);

    const second = await start();
    try {
      assert.equal((await nodules())?.note, note);
      hasSpace = true;
      assert.equal((await result()).outcome, 'succeeded');
      assert.equal((await nodules())?.attempts, 1);
    } finally {
      await second.stop();
    }
  });
});
