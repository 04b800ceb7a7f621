import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendJob } from '../../engine/plugin/index.ts';
import { processBackend } from '../../plugins/job/process.ts';
import type { Progress } from './step-context.ts';

describe('the back-end "process"', () => {
  let root = '';
  let count = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'gantry process-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  async function newJob(stateFolder = join(root, `step-${++count}`)): Promise<BackendJob> {
    const folder = join(stateFolder, `attempt-${++count}`);
    const job = { inputFolder: join(folder, 'input'), outputFolder: join(folder, 'output'), logFile: join(folder, 'job.log') };
    await mkdir(job.inputFolder, { recursive: true });
    await mkdir(job.outputFolder);
    return { ...job, stateFolder, name: 'nodules', idempotencyKey: 'k', attempt: 1, instances: 60, priority: 'normal', parameters: {} };
  }

  const running = (
    job: BackendJob,
    command: readonly string[],
    more: { timeout?: string; environment?: Record<string, string>; signal?: AbortSignal } = {},
  ) => {
    const reported: Progress[] = [];
    const { signal = new AbortController().signal, timeout = '30s', ...rest } = more;
    const result = processBackend.run(
      job,
      { command: [...command], timeout, ...rest },
      {
        signal,
        configFolder: root,
        log: { info() {}, warn() {}, error() {} },
        progress: (done, total, note) => reported.push({ done, total, note }),
      },
    );
    return { result, reported };
  };
  const script = (job: BackendJob, text: string, more?: Parameters<typeof running>[2]) => running(job, ['node', '-e', text], more).result;
  const output = (job: BackendJob, name: string): Promise<string> => readFile(join(job.outputFolder, name), 'utf8');
  const log = (job: BackendJob): Promise<string> => readFile(job.logFile, 'utf8');

  /** Waits until a process is gone, or a zombie that nobody has collected yet. */
  async function gone(pid: number): Promise<void> {
    const state = async (): Promise<string> =>
      (await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => ') Z')).split(') ')[1]?.[0] ?? 'Z';
    for (const end = Date.now() + 10_000; (await state()) !== 'Z'; await sleep(10)) assert.ok(Date.now() < end, `process ${pid} lives on`);
  }
  const written = async (path: string): Promise<string> => {
    for (const end = Date.now() + 10_000; ; await sleep(10)) {
      const text = await readFile(path, 'utf8').catch(() => '');
      if (text.endsWith('\n')) return text.trim();
      assert.ok(Date.now() < end, `${path} was not written`);
    }
  };

  it('gives the job its folders and parameters, and of our environment only what every program needs', async () => {
    const job = { ...(await newJob()), parameters: { threshold: 0.5, name: 'Müller $(id)' } };
    process.env.GANTRY_TEST_SECRET = 'not for jobs';
    try {
      const { details } = await script(
        job,
        "require('node:fs').writeFileSync(process.env.GANTRY_OUTPUT + '/env.json', JSON.stringify({ ...process.env, cwd: process.cwd() }))",
        {
          environment: { MODEL: 'v2', PATH: '/nowhere' },
        },
      );
      assert.equal(details.exitCode, 0);
    } finally {
      delete process.env.GANTRY_TEST_SECRET;
    }
    const { cwd, ...env } = JSON.parse(await output(job, 'env.json'));
    assert.equal(cwd, root);
    assert.deepEqual(JSON.parse(env.GANTRY_PARAMETERS), job.parameters);
    const own = new Set(['HOME', 'LANG']);
    assert.deepEqual(Object.fromEntries(Object.entries(env).filter(([name]) => !own.has(name) && name !== 'GANTRY_PARAMETERS')), {
      GANTRY_INPUT: job.inputFolder,
      GANTRY_OUTPUT: job.outputFolder,
      HOLOSCAN_INPUT_PATH: job.inputFolder,
      HOLOSCAN_OUTPUT_PATH: job.outputFolder,
      GANTRY_INSTANCES: '60',
      GANTRY_PRIORITY: 'normal',
      MODEL: 'v2',
      PATH: '/nowhere',
    });
  });

  it('has no shell: arguments arrive as they are written', async () => {
    const job = await newJob();
    const nasty = ['$(touch pwned)', '; rm -rf .', '`id`', '* ?', '\'"', '--\n'];
    await running(job, ['node', '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...nasty]).result;
    assert.deepEqual(JSON.parse(await log(job)), nasty);
    await assert.rejects(stat(join(root, 'pwned')), { code: 'ENOENT' });
  });

  it('fails with the exit code and the last lines where the job fails', async () => {
    const job = await newJob();
    const run = script(
      job,
      "for (let i = 1; i <= 30; i++) console.log('line ' + i); console.error('no \\x1b[31mmodel'); process.exitCode = 3",
    );
    await assert.rejects(run, (error: Error & { code: string; retryable: boolean; hint: string }) => {
      assert.equal(error.code, 'JobFailed');
      assert.equal(error.retryable, true);
      assert.match(error.message, /^job "nodules" exited with code 3; last lines:\n/);
      assert.match(error.message, /line 30/);
      assert.match(error.message, /no {2}\[31mmodel/);
      assert.doesNotMatch(error.message, /line 20\b/);
      assert.ok(error.hint.includes(job.logFile));
      return true;
    });
    assert.match(await log(job), /line 1\n/);
  });

  it('says so when something else killed the job', async () => {
    await assert.rejects(script(await newJob(), "process.kill(process.pid, 'SIGKILL')"), {
      code: 'JobFailed',
      message: 'job "nodules" was killed by SIGKILL; it printed nothing',
    });
  });

  it('ends a job that hangs at its time limit', async () => {
    const job = await newJob();
    const run = script(job, 'console.log(process.pid); setInterval(() => {}, 1000)', { timeout: '500ms' });
    await assert.rejects(run, {
      code: 'JobTimedOut',
      retryable: true,
      message: /^job "nodules" ran longer than 500 ms and was ended; last lines:\n\d+$/,
    });
    await gone(Number(await log(job)));
  });

  it('kills what does not listen to SIGTERM, with what it has started', { timeout: 30_000 }, async () => {
    const job = await newJob();
    const child =
      "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); require('node:fs').writeFileSync(process.env.GANTRY_OUTPUT + '/child', process.pid + '\\n')";
    const parent = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' })`;
    const cancel = new AbortController();
    const run = script(job, parent, { signal: cancel.signal });
    const pid = Number(await written(join(job.outputFolder, 'child')));
    cancel.abort(new Error('cancelled'));
    await assert.rejects(run, /cancelled/);
    await gone(pid);
  });

  it('leaves nothing of a job behind that ends by itself', async () => {
    const job = await newJob();
    const child =
      "setInterval(() => {}, 1000); require('node:fs').writeFileSync(process.env.GANTRY_OUTPUT + '/child', process.pid + '\\n')";
    await script(
      job,
      `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' });
       setInterval(() => { if (require('node:fs').existsSync(process.env.GANTRY_OUTPUT + '/child')) process.exit(0) }, 10)`,
    );
    await gone(Number(await written(join(job.outputFolder, 'child'))));
  });

  it('is not held up by a job that floods its log, and keeps the beginning and the end', async () => {
    const job = await newJob();
    const run = script(
      job,
      `const fs = require('node:fs'); const block = ('x'.repeat(99) + '\\n').repeat(5000);
       for (let i = 0; i < 60; i++) for (let rest = block; rest !== ''; ) { try { rest = rest.slice(fs.writeSync(1, rest)) } catch (e) { if (e.code !== 'EAGAIN') throw e } }
       fs.writeSync(2, 'y'.repeat(5000)); fs.writeSync(2, '\\nthe end\\n'); process.exit(1)`,
    );
    await assert.rejects(run, (error: Error) => {
      assert.match(error.message, /the end/);
      assert.ok(Buffer.byteLength(error.message) <= 2_000, `${error.message.length}`);
      return true;
    });
    const { size } = await stat(job.logFile);
    assert.ok(size > 10 * 1024 * 1024 && size < 10 * 1024 * 1024 + 100, `${size}`);
    assert.match((await log(job)).slice(-100), /\[cut by gantry: the log is longer than 10 MiB\]\n$/);
  });

  it('reads how far the job is from its lines', async () => {
    const job = await newJob();
    const { result, reported } = running(job, [
      'node',
      '-e',
      "console.log('progress 12/60 slices\\nprogress 60/60\\nprogress of mankind\\nprogress -1/2 x'); console.error('progress 1/2 not stdout')",
    ]);
    await result;
    assert.deepEqual(reported, [
      { done: 12, total: 60, note: 'slices' },
      { done: 60, total: 60, note: undefined },
    ]);
  });

  it('will not try again what is not there, or is no program', async () => {
    await assert.rejects(running(await newJob(), ['no-such-program-of-gantry']).result, {
      code: 'JobCommandNotFound',
      retryable: false,
      message: 'job "nodules": there is no program "no-such-program-of-gantry"',
    });
    const text = join(root, 'text');
    await writeFile(text, 'no program', { mode: 0o644 });
    await assert.rejects(running(await newJob(), ['./text']).result, {
      code: 'JobCommandNotFound',
      retryable: false,
      message: 'job "nodules": "./text" may not be executed',
    });
  });

  it('starts nothing once cancelled', async () => {
    const job = await newJob();
    await assert.rejects(script(job, '0', { signal: AbortSignal.abort(new Error('cancelled')) }), /cancelled/);
    await assert.rejects(stat(job.logFile), { code: 'ENOENT' });
  });

  it('ends what an earlier attempt left running when the engine died, and nothing else', async () => {
    const earlier = await newJob();
    const hang = ['-e', 'setInterval(() => {}, 1000)'];
    // As the engine would have started it, in a group of its own; this test does not end it.
    const orphan = spawn(process.execPath, hang, { detached: true, stdio: 'ignore', env: { GANTRY_OUTPUT: earlier.outputFolder } });
    const bystander = spawn(process.execPath, hang, { detached: true, stdio: 'ignore', env: {} });
    try {
      const state = join(earlier.stateFolder, 'process.json');
      await writeFile(state, JSON.stringify({ pid: orphan.pid, entry: `GANTRY_OUTPUT=${earlier.outputFolder}` }));
      await script(await newJob(earlier.stateFolder), '0');
      await gone(orphan.pid ?? 0);

      // A process id that somebody else has by now.
      await writeFile(state, JSON.stringify({ pid: bystander.pid, entry: `GANTRY_OUTPUT=${earlier.outputFolder}` }));
      await script(await newJob(earlier.stateFolder), '0');
      assert.equal(bystander.signalCode, null);
      assert.ok(process.kill(bystander.pid ?? 0, 0));
      await assert.rejects(stat(state), { code: 'ENOENT' });
    } finally {
      orphan.kill('SIGKILL');
      bystander.kill('SIGKILL');
    }
  });
});
