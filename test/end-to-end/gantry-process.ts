import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectRuns, type TemporalRuns } from '../../engine/temporal/index.ts';
import { descendants, signalProcess } from './process-tree.ts';
import type { Site } from './site.ts';
import { until } from './until.ts';

const readyLine = /^gantry ready dicom=(\S+):(\d+) temporal=(\S+) ui=(\S+)$/;
/** An engine that has not drained by then is stuck. One whose Temporal hangs gives it 10 s for each request, and its worker half a minute. */
const stopMs = 90_000;

/** A running `gantry dev`. */
export class Gantry {
  readonly dicom: { readonly host: string; readonly port: number };
  readonly temporalAddress: string;
  readonly uiUrl: string;
  readonly #site: Site;
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  #connection: ReturnType<typeof connectRuns> | null = null;

  constructor(site: Site, child: ChildProcess, ready: RegExpExecArray) {
    const [, host = '', port, temporalAddress = '', uiUrl = ''] = ready;
    this.dicom = { host, port: Number(port) };
    this.temporalAddress = temporalAddress;
    this.uiUrl = uiUrl;
    this.#site = site;
    this.#child = child;
    this.#exit = once(child, 'exit').then(([code]) => code as number | null);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The runs in its Temporal, for looking often: a command takes a second each time. */
  async runs(): Promise<TemporalRuns> {
    this.#connection ??= connectRuns({ address: this.temporalAddress, namespace: 'default' }, this.#site.env);
    return (await this.#connection).runs;
  }

  /** The run, when it stands as asked. */
  run(workflowId: string, is: (run: Run) => boolean, what: string): Promise<Run> {
    return until(`${workflowId} to be ${what}`, async () => {
      const run = await (await this.runs()).show(workflowId);
      return run !== null && is(run) ? run : null;
    });
  }

  /** The run, when it is over. */
  ended(workflowId: string): Promise<Run> {
    return this.run(workflowId, ({ status }) => status !== 'RUNNING' && status !== 'CONTINUED_AS_NEW', 'over');
  }

  /** The run, when a step of it waits for an operator. */
  parked(workflowId: string): Promise<Run> {
    return this.run(workflowId, ({ parked }) => parked, 'parked');
  }

  /** Completes a group's batch as soon as its run knows this many instances. */
  async complete(workflowId: string, instances: number): Promise<void> {
    await until(`${instances} instances in ${workflowId}`, async () => {
      const rows = await this.#site.instances({ workflowId });
      const open = rows.filter(({ claims }) => claims.some((claim) => claim.workflowId === workflowId && claim.state === 'open'));
      return open.length === instances;
    });
    await until(`${workflowId} to be signalled`, async () => {
      await (await this.runs()).signal(workflowId, 'complete-now', { reason: 'the test has sent all' });
      return true;
    });
  }

  /** The embedded Temporal server's process id. */
  async temporalPid(): Promise<number> {
    const { pid } = JSON.parse(await readFile(join(this.#site.data, 'temporal.json'), 'utf8')) as { pid: number | null };
    if (pid === null) throw new Error('no embedded Temporal server runs');
    return pid;
  }

  /** Sends SIGTERM and waits: the status it ends with, null where it had to be killed. */
  async stop(): Promise<number | null> {
    await this.disconnect();
    signalProcess(this.pid, 'SIGTERM');
    const timer = setTimeout(() => signalProcess(this.pid, 'SIGKILL'), stopMs);
    return this.#exit.finally(() => clearTimeout(timer));
  }

  /** kill -9 of it and of all that it has started. */
  async kill(): Promise<void> {
    await this.disconnect();
    const started = [this.pid, ...(await descendants(this.pid)), await this.temporalPid().catch(() => 0)].filter((pid) => pid > 0);
    for (const pid of started) signalProcess(pid, 'SIGKILL');
    await this.#exit;
    await until('all that was killed to be gone', () => started.every((pid) => !signalProcess(pid, 0)));
  }

  /** kill -9 of the engine alone, as the system does when memory runs out. */
  async killAlone(): Promise<void> {
    await this.disconnect();
    signalProcess(this.pid, 'SIGKILL');
    await this.#exit;
  }

  private async disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await (await connection)?.close();
  }
}

export type Run = NonNullable<Awaited<ReturnType<TemporalRuns['show']>>>;

/** Starts `gantry dev` on a site; resolves at its ready line. */
export async function startGantry(site: Site, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Gantry> {
  const log = openSync(site.logFile, 'a');
  const child = spawn(process.execPath, args, { cwd: site.folder, env, stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  const ready = await new Promise<RegExpExecArray | null>((resolve) => {
    let printed = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      printed += text;
      const found = printed.split('\n').map((line) => readyLine.exec(line));
      resolve(found.find((match) => match !== null) ?? null);
    });
    child.once('close', () => resolve(null));
  });
  if (ready === null) throw new Error(`gantry dev ended before it was ready: ${(await site.log()).slice(-2_000)}`);
  return new Gantry(site, child, ready);
}
