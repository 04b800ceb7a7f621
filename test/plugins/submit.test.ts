import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { JobRun, StepContext } from '../../engine/plugin/index.ts';
import { fatal } from '../../engine/plugin/index.ts';
import { submit } from '../../plugins/job/submit.ts';
import { groupSet, stepContext } from './step-context.ts';

const made = { set: 'made', count: 2, sizeBytes: 20 };

describe('job/submit', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'gantry-submit-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  /** A context whose job is `job`; what is materialised and adopted is noted. */
  async function setUp(job: (run: JobRun) => Promise<void>) {
    const folder = await mkdtemp(join(root, 'attempt-'));
    const seen: { run?: JobRun; name?: string; materialised: unknown[]; adopted: string[] } = { materialised: [], adopted: [] };
    const context: StepContext = stepContext({
      instances: {
        group: { ...groupSet, count: 60 },
        list: async () => [],
        async materialise(set, into) {
          seen.materialised.push([set, into]);
          await mkdir(into);
        },
        async adopt(from) {
          seen.adopted.push(from);
          return made;
        },
      },
      jobs: {
        names: ['nodules'],
        folder: async () => folder,
        async run(name, run) {
          Object.assign(seen, { name, run });
          await job(run);
          return { exitCode: 0 };
        },
      },
    });
    return { context, seen, folder };
  }
  const options = { job: 'nodules', priority: 'higher' as const, parameters: { threshold: 0.5 } };

  it('hands the group to the job, and what the job made to the workflow', async () => {
    const { context, seen, folder } = await setUp(async ({ outputFolder }) =>
      writeFile(join(outputFolder, 'output.json'), '{"nodules": 3}'),
    );
    assert.deepEqual(await submit.run(options, context), {
      instances: made,
      result: { nodules: 3 },
      details: { exitCode: 0 },
      log: join(folder, 'job.log'),
    });
    assert.deepEqual(seen.materialised, [[{ ...groupSet, count: 60 }, join(folder, 'input')]]);
    assert.deepEqual(seen.adopted, [join(folder, 'output')]);
    assert.equal(seen.name, 'nodules');
    assert.deepEqual(seen.run, {
      inputFolder: join(folder, 'input'),
      outputFolder: join(folder, 'output'),
      logFile: join(folder, 'job.log'),
      instances: 60,
      priority: 'higher',
      parameters: { threshold: 0.5 },
    });
  });

  it('hands on what an earlier step made, where the workflow says so', async () => {
    const { context, seen } = await setUp(async () => {});
    const earlier = { set: 'earlier', count: 1, sizeBytes: 5 };
    assert.equal((await submit.run({ ...options, instances: earlier }, context)).result, null);
    assert.deepEqual((seen.materialised[0] as unknown[])[0], earlier);
    assert.equal(seen.run?.instances, 1);
  });

  const invalid: readonly (readonly [string, (file: string) => Promise<void>, RegExp])[] = [
    ['is not JSON', (file) => writeFile(file, '{"PatientName": "Doe^John",'), /is not JSON$/],
    ['is too large', (file) => writeFile(file, `"${'x'.repeat(256 * 1024)}"`), /is larger than 256 kB$/],
    ['is a folder', (file) => mkdir(file).then(() => {}), /is not a file$/],
    ['is a link to a file of somebody else', (file) => symlink('/etc/hostname', file), /cannot be read \(ELOOP\)$/],
  ];
  for (const [what, write, message] of invalid) {
    it(`fails for good, with nothing adopted, where output.json ${what}`, async () => {
      const { context, seen } = await setUp(async ({ outputFolder, logFile }) => {
        await writeFile(logFile, 'projecting\nwriting\n');
        await write(join(outputFolder, 'output.json'));
      });
      await assert.rejects(submit.run(options, context), (error: Error & { code: string; retryable: boolean }) => {
        assert.equal(error.code, 'JobOutputInvalid');
        assert.equal(error.retryable, false);
        assert.match(error.message, /^job "nodules" left output that is not valid: output\.json .*; last lines:\nprojecting\nwriting$/s);
        assert.match(error.message.split(';')[0] ?? '', message);
        assert.doesNotMatch(error.message, /Doe/);
        return true;
      });
      assert.deepEqual(seen.adopted, []);
    });
  }

  it('fails for good where the DICOM that the job wrote cannot be used', async () => {
    const { context } = await setUp(async () => {});
    const adopt = () => Promise.reject(fatal('OutputInvalid', '1 of its DICOM files cannot be used (cut off)'));
    await assert.rejects(submit.run(options, { ...context, instances: { ...context.instances, adopt } }), {
      code: 'JobOutputInvalid',
      retryable: false,
      message: 'job "nodules" left output that is not valid: 1 of its DICOM files cannot be used (cut off); it printed nothing',
    });
  });

  it('fails as the job does, and keeps the folder to look at', async () => {
    const { context, seen, folder } = await setUp(() => Promise.reject(fatal('JobFailed', 'exit code 1')));
    await assert.rejects(submit.run(options, context), { code: 'JobFailed' });
    assert.deepEqual(seen.adopted, []);
    assert.deepEqual((await readdir(folder)).sort(), ['input', 'output']);
  });
});
