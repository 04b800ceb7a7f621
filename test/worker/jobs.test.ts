import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Config } from '../../engine/config/index.ts';
import { createRegistry } from '../../engine/plugin/host.ts';
import type { InstanceSet } from '../../engine/plugin/index.ts';
import { sweepJobFolders } from '../../engine/worker/index.ts';
import { plugins } from '../../plugins/index.ts';
import { activity, callOf, openParts, part10 } from './engine-parts.ts';

/** A job in Node that runs `body`, on the real back-end; the parts as the engine has them. */
async function withJob(test: TestContext, body: string, job: Partial<Config['jobs'][string]['options']> = {}) {
  const opened = await openParts(test, { registry: createRegistry(plugins) });
  const jobs: Config['jobs'] = { nodules: { backend: 'process', options: { command: ['node', 'jobs/nodules.mjs'], ...job } } };
  const parts = { ...opened.parts, config: { ...opened.parts.config, jobs } };
  const folder = join(opened.dataFolder, 'site');
  await mkdir(join(folder, 'jobs'), { recursive: true });
  await writeFile(
    join(folder, 'jobs/nodules.mjs'),
    `import fs from 'node:fs';\nconst { GANTRY_INPUT: input, GANTRY_OUTPUT: output, GANTRY_PARAMETERS: parameters } = process.env;\n${body}`,
  );
  return { ...opened, parts: { ...parts, config: { ...parts.config, folder } } };
}

interface Submitted {
  readonly instances: InstanceSet;
  readonly result: unknown;
  readonly log: string;
  readonly details: Readonly<Record<string, unknown>>;
}
const submitting = (group: number, more: Parameters<typeof callOf>[2] = {}) =>
  callOf('step', group, { step: 'nodules', options: { job: 'nodules' }, ...more });
const reclaiming = (group: number, more: Parameters<typeof callOf>[2] = {}) => callOf('step', group, { step: 'reclaim', ...more });
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('a job', () => {
  it('gets the group, and what it makes is stored as it is', async (test) => {
    const made = part10('2.1', 'pixels');
    const { parts, receive, ledger, storage } = await withJob(
      test,
      `const found = fs.readdirSync(input).sort();
       console.log('progress ' + found.length + '/2 read');
       fs.writeFileSync(output + '/result.dcm', Buffer.from('${made.toString('base64')}', 'base64'));
       fs.writeFileSync(output + '/output.json', JSON.stringify({ found, parameters: JSON.parse(parameters), text: fs.readFileSync(input + '/1.dcm', 'latin1').slice(-14) }));`,
    );
    const group = await receive('1.1', '1.2');
    const { environment, run } = activity(parts, 'job/submit');
    const beats: unknown[] = [];
    environment.on('heartbeat', (details) => beats.push(details));
    const output = await run<Submitted>(submitting(group, { options: { job: 'nodules', parameters: { threshold: 0.5 } } }));
    assert.deepEqual(output.result, { found: ['1.dcm', '2.dcm'], parameters: { threshold: 0.5 }, text: 'dataset of 1.1' });
    assert.equal(output.instances.count, 1);
    assert.equal(output.details.exitCode, 0);
    const [file] = await ledger.files(output.instances.set);
    assert.deepEqual(await readFile(storage.resolve(file?.path ?? '')), made);
    assert.equal(await readFile(output.log, 'utf8'), 'progress 2/2 read\n');
  });

  it('that fails leaves its last lines in the failure', async (test) => {
    const { parts, receive } = await withJob(test, "console.log('model not found'); process.exit(2)");
    await assert.rejects(activity(parts, 'job/submit').run(submitting(await receive('1.1'))), {
      type: 'JobFailed',
      message: 'job "nodules" exited with code 2; last lines:\nmodel not found',
      nonRetryable: true,
    });
  });

  it('has a folder of its own for each attempt', async (test) => {
    const { parts, receive, dataFolder } = await withJob(
      test,
      "fs.writeFileSync(output + '/left', ''); process.exit(fs.readdirSync(output).length === 1 ? 0 : 1)",
    );
    const group = await receive('1.1');
    await activity(parts, 'job/submit').run(submitting(group));
    await activity(parts, 'job/submit').run(submitting(group));
    await activity(parts, 'job/submit').run(submitting(group, { attempt: 2 }));
    const names = (await readdir(join(dataFolder, 'jobs', String(group), 'nodules'))).map((name) => name.split('-')[0]);
    assert.deepEqual(names.sort(), ['1', '1', '2']);
  });

  it('must be in the configuration, on a back-end that is there, with options that it takes', async (test) => {
    const { parts, receive } = await withJob(test, '', { tiemout: '1m' });
    const group = await receive('1.1');
    const run = (jobs: Config['jobs'], job: string) =>
      activity({ ...parts, config: { ...parts.config, jobs } }, 'job/submit').run(submitting(group, { options: { job } }));
    await assert.rejects(run(parts.config.jobs, 'toString'), { type: 'UnknownJob' });
    await assert.rejects(run({ far: { backend: 'moon', options: {} } }, 'far'), { type: 'UnknownBackend' });
    await assert.rejects(run(parts.config.jobs, 'nodules'), {
      type: 'GY601',
      message: 'job "nodules": unknown option "tiemout" (options: command, timeout, environment)',
    });
  });
});

describe('the release of claims', () => {
  it('after success lets everything go, the job folders too', async (test) => {
    const { parts, receive, dataFolder, ledger } = await withJob(
      test,
      `fs.writeFileSync(output + '/r', Buffer.from('${part10('2.1').toString('base64')}', 'base64'))`,
    );
    const group = await receive('1.1', '1.2');
    await activity(parts, 'job/submit').run(submitting(group));
    assert.deepEqual(await activity(parts, 'storage/reclaim').run(reclaiming(group)), { released: 2, retained: 0, retainedUntil: null });
    assert.equal(await exists(join(dataFolder, 'jobs', String(group))), false);
    assert.equal((await ledger.reclaimable(10)).length, 3, 'two instances and what the job made');
    assert.deepEqual(
      await activity(parts, 'storage/reclaim').run(reclaiming(group)),
      { released: 2, retained: 0, retainedUntil: null },
      'again is the same',
    );
  });

  for (const outcome of ['failed', 'cancelled'] as const) {
    it(`after a run that ${outcome === 'failed' ? 'failed' : 'was cancelled'} keeps everything for a while`, async (test) => {
      const { parts, receive, dataFolder, ledger } = await withJob(test, '');
      const group = await receive('1.1');
      await activity(parts, 'job/submit').run(submitting(group));
      const before = Date.now();
      const output = await activity(parts, 'storage/reclaim').run<{ retainedUntil: string }>(
        reclaiming(group, { outcome, retainFailedMs: 60_000 }),
      );
      assert.deepEqual({ ...output, retainedUntil: null }, { released: 0, retained: 1, retainedUntil: null });
      const until = Date.parse(output.retainedUntil);
      assert.ok(until >= before + 60_000 && until <= Date.now() + 60_000);

      assert.equal(await sweepJobFolders({ ledger, dataFolder }), 0);
      assert.ok(await exists(join(dataFolder, 'jobs', String(group))));
      await ledger.expireRetained(until + 1);
      assert.equal(await sweepJobFolders({ ledger, dataFolder }), 1);
      assert.equal(await exists(join(dataFolder, 'jobs', String(group))), false);
    });
  }
});

describe('the sweep of job folders', () => {
  it('leaves those of runs under way, and removes those of groups that nobody knows', async (test) => {
    const { parts, receive, dataFolder, ledger } = await withJob(test, '');
    assert.equal(await sweepJobFolders({ ledger, dataFolder }), 0, 'there is no folder yet');
    const group = await receive('1.1');
    await activity(parts, 'job/submit').run(submitting(group));
    await mkdir(join(dataFolder, 'jobs', '4711'), { recursive: true });
    await mkdir(join(dataFolder, 'jobs', 'notes of an operator'));
    assert.equal(await sweepJobFolders({ ledger, dataFolder }), 1);
    assert.deepEqual((await readdir(join(dataFolder, 'jobs'))).sort(), [String(group), 'notes of an operator']);
  });
});
