import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BackendJob,
  defineBackend,
  durationSchema,
  fatal,
  formatDuration,
  type PluginError,
  parseDuration,
  retryable,
  Type,
} from '../../engine/plugin/index.ts';
import { createJobLog, type JobLog } from './job-log.ts';
import { endGroup, signalGroup } from './process-group.ts';
import { endOrphan, forget, remember } from './started-process.ts';

/** Between SIGTERM and SIGKILL. */
const graceMs = 5_000;
/** For output still in the pipes once the process is gone: what left its group may hold them open for ever. */
const drainMs = 1_000;
/** Node's timers hold 32 bits (24.8 days); beyond that they fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export const processBackend = defineBackend({
  title: 'Local process',
  description:
    "Runs a command on this machine, without a shell, in the configuration's folder. It finds its input in GANTRY_INPUT, writes to GANTRY_OUTPUT, and may print lines `progress 12/60 text`.",
  options: Type.Object(
    {
      command: Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'The program and its arguments; `node` is the Node.js that runs the engine.',
      }),
      timeout: durationSchema({ default: '1h', description: 'Longest time it may run; then it is ended with all that it started.' }),
      environment: Type.Optional(
        Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String(), {
          additionalProperties: false,
          description: "Added to its environment, which otherwise has PATH, HOME, LANG and Gantry's own variables only.",
        }),
      ),
    },
    { additionalProperties: false },
  ),

  async run(job, { command, timeout, environment = {} }, { signal, log, configFolder, progress }) {
    signal.throwIfAborted();
    if (await endOrphan(job.stateFolder, graceMs)) log.warn('ended a process that an earlier attempt had left running', { job: job.name });

    const [program = '', ...args] = command;
    const startedAt = performance.now();
    const output = createJobLog(job.logFile);
    try {
      const child = await start(job, program === 'node' ? process.execPath : program, args, configFolder, environment);
      output.take(child.stderr);
      output.take(child.stdout, (line) => {
        const [, done, total, note] = /^progress (\d{1,9})\/(\d{1,9})(?: (.*))?$/.exec(line) ?? [];
        if (done !== undefined) progress(Number(done), Number(total), note);
      });
      const { code, killedBy, ended } = await untilExit(child, parseDuration(timeout), signal);
      forget(job.stateFolder, child.pid);
      await Promise.race([
        Promise.all([child.stdout, child.stderr].map((stream) => stream.readableEnded || once(stream, 'close'))),
        sleep(drainMs, null, { ref: false }),
      ]);
      child.stdout.destroy();
      child.stderr.destroy();

      signal.throwIfAborted();
      if (ended === 'timeout')
        throw failure('JobTimedOut', `ran longer than ${formatDuration(parseDuration(timeout))} and was ended`, job, output);
      if (code !== 0) throw failure('JobFailed', code === null ? `was killed by ${killedBy}` : `exited with code ${code}`, job, output);
      return { details: { exitCode: 0, seconds: Math.round((performance.now() - startedAt) / 100) / 10 } };
    } finally {
      await output.close();
    }
  },
});

type Child = ChildProcessByStdio<null, Readable, Readable> & { readonly pid: number };

async function start(
  job: BackendJob,
  program: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Promise<Child> {
  const own = Object.fromEntries(
    ['PATH', 'HOME', 'LANG'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  const child = spawn(program, args, {
    cwd,
    env: {
      ...own,
      ...environment,
      GANTRY_INPUT: job.inputFolder,
      GANTRY_OUTPUT: job.outputFolder,
      // What MONAI Deploy and Holoscan application packages read.
      HOLOSCAN_INPUT_PATH: job.inputFolder,
      HOLOSCAN_OUTPUT_PATH: job.outputFolder,
      GANTRY_PARAMETERS: JSON.stringify(job.parameters),
      GANTRY_INSTANCES: String(job.instances),
      GANTRY_PRIORITY: job.priority,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: a job is ended with all that it started.
    detached: true,
  });
  if (child.pid === undefined) throw notStarted(await once(child, 'error').then(([error]) => error), program, job);
  try {
    remember(job.stateFolder, { pid: child.pid, entry: `GANTRY_OUTPUT=${job.outputFolder}` });
  } catch (error) {
    // Nobody would find it again.
    signalGroup(child.pid, 'SIGKILL');
    throw error;
  }
  return child as Child;
}

/** Waits for the process, its time limit or the cancellation; at the end nothing of its group is left. */
async function untilExit(child: Child, timeoutMs: number, signal: AbortSignal) {
  let ended: 'timeout' | 'cancelled' | null = null;
  let ending = Promise.resolve();
  const end = (why: 'timeout' | 'cancelled'): void => {
    if (ended !== null) return;
    ended = why;
    ending = endGroup(child.pid, graceMs);
  };
  const cancelled = (): void => end('cancelled');
  const timer = setTimeout(() => end('timeout'), Math.min(timeoutMs, longestTimerMs));
  signal.addEventListener('abort', cancelled);
  if (signal.aborted) cancelled();
  const [code, killedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  signal.removeEventListener('abort', cancelled);
  await ending;
  signalGroup(child.pid, 'SIGKILL');
  return { code, killedBy, ended: ended as 'timeout' | 'cancelled' | null };
}

const failure = (code: string, what: string, job: BackendJob, output: JobLog): PluginError =>
  retryable(code, `job "${job.name}" ${what}${output.tail()}`, { hint: `Its whole output is in ${job.logFile}.` });

function notStarted(error: NodeJS.ErrnoException, program: string, job: BackendJob): PluginError {
  const hint = "Correct `command` in the job's entry in the configuration; relative paths are meant from the configuration's folder.";
  if (error.code === 'ENOENT')
    return fatal('JobCommandNotFound', `job "${job.name}": there is no program "${program}"`, { hint, cause: error });
  if (error.code === 'EACCES')
    return fatal('JobCommandNotFound', `job "${job.name}": "${program}" may not be executed`, { hint, cause: error });
  return retryable('JobNotStarted', `job "${job.name}" could not be started (${error.code ?? error.message})`, { cause: error });
}
