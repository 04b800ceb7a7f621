import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { InstanceFilter, InstanceRow } from '../../engine/ledger/index.ts';
import { openLedgerReader } from '../../engine/ledger/index.ts';
import { testEnvironment } from '../temporal/test-binary.ts';
import { type Gantry, startGantry } from './gantry-process.ts';
import { processesNaming, signalProcess } from './process-tree.ts';

const program = resolve(import.meta.dirname, '../../engine/cli/gantry.mjs');

export interface Destination {
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
}

/** What tests say of the configuration; all else is the same for all of them. */
export interface SiteOptions {
  readonly destinations?: Readonly<Record<string, Destination>>;
  readonly sources?: Readonly<Record<string, { readonly aeTitle: string; readonly host: string | readonly string[] }>>;
  readonly rejectUnknownSources?: boolean;
  readonly aeTitles?: Readonly<Record<string, object>>;
  readonly jobs?: Readonly<Record<string, { readonly command: readonly string[]; readonly timeout?: string }>>;
  readonly dicomPort?: number;
  readonly storage?: { readonly watermarkPercent?: number; readonly reserveSpaceGb?: number; readonly belowReserve?: object };
  /** YAML by file name, without its extension. */
  readonly workflows: Readonly<Record<string, string>>;
  /** The `gantry` to run, default the one of this clone. */
  readonly program?: string;
}

/** How a command ended and what it said. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a configuration, workflows and a data folder, as a user has one. */
export class Site {
  readonly folder: string;
  readonly configFile: string;
  readonly workflowsFolder: string;
  readonly data: string;
  readonly env: NodeJS.ProcessEnv = { ...testEnvironment, NO_COLOR: '1' };
  readonly #program: string;
  readonly #running = new Set<Gantry>();

  private constructor(folder: string, own: string) {
    this.folder = folder;
    this.#program = own;
    this.configFile = join(folder, 'gantry.yaml');
    this.workflowsFolder = join(folder, 'workflows');
    this.data = join(folder, 'data');
  }

  static async open(options: SiteOptions): Promise<Site> {
    const site = new Site(await mkdtemp(join(tmpdir(), 'gantry-site-')), options.program ?? program);
    await mkdir(site.workflowsFolder);
    await site.configure(options);
    for (const [name, text] of Object.entries(options.workflows)) await site.writeWorkflow(name, text);
    return site;
  }

  async configure(options: Omit<SiteOptions, 'workflows' | 'program'>): Promise<void> {
    const {
      destinations = {},
      sources = {},
      rejectUnknownSources = false,
      aeTitles = {},
      jobs = {},
      dicomPort = 0,
      storage = {},
    } = options;
    const config = {
      dicom: { host: '127.0.0.1', port: dicomPort, rejectUnknownSources, aeTitles, sources, destinations },
      // The disk of whoever runs the tests may be as full as it likes.
      storage: { watermarkPercent: 100, reserveSpaceGb: 0, ...storage },
      jobs: Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, { backend: 'process', ...job }])),
      workflows: './workflows',
    };
    await writeFile(this.configFile, JSON.stringify(config, null, 2));
  }

  writeWorkflow(name: string, yaml: string): Promise<void> {
    return writeFile(join(this.workflowsFolder, `${name}.yaml`), yaml);
  }

  removeWorkflow(name: string): Promise<void> {
    return rm(join(this.workflowsFolder, `${name}.yaml`));
  }

  /** Starts `gantry dev` and waits for its ready line. */
  async start({ env = {}, args = [] }: { readonly env?: NodeJS.ProcessEnv; readonly args?: readonly string[] } = {}): Promise<Gantry> {
    const gantry = await startGantry(this, [this.#program, 'dev', '--config', this.configFile, '--data', this.data, ...args], {
      ...this.env,
      ...env,
    });
    this.#running.add(gantry);
    return gantry;
  }

  /** Spawns a command, by default with this site's configuration and data folder. */
  command(args: readonly string[], { config = this.configFile, data = this.data } = {}): ChildProcess {
    return this.bare([...args, '--config', config, '--data', data]);
  }

  /** Spawns a command just as it is given. */
  bare(args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [this.#program, ...args], { cwd: this.folder, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Runs a command to its end. */
  run(...args: readonly string[]): Promise<CommandResult> {
    return collect(this.command(args));
  }

  /** Runs a command with --json that must succeed, and answers what it prints. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const { status, stdout, stderr } = await this.run(...args, '--json');
    if (status !== 0) throw new Error(`gantry ${args.join(' ')} ended with ${status}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** The ledger's own rows; they know more than `gantry instances list` prints. */
  async instances(filter: InstanceFilter = {}): Promise<readonly InstanceRow[]> {
    const ledger = await openLedgerReader({ file: join(this.data, 'ledger.db') });
    return ledger.instances(filter).finally(() => ledger.close());
  }

  /** Where the file of an instance is while it is held. */
  storedPath(instance: Pick<InstanceRow, 'path'>): string {
    return join(this.data, 'instances', instance.path);
  }

  /** Instance files on disk. */
  async storedFiles(): Promise<readonly string[]> {
    const entries = await readdir(join(this.data, 'instances'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  /** What the engine has logged, over all its starts. */
  log(): Promise<string> {
    return readFile(this.logFile, 'utf8').catch(() => '');
  }

  get logFile(): string {
    return join(this.folder, 'engine.log');
  }

  /** Ends what still runs, whatever state it is in, and removes the folder. */
  async close(): Promise<void> {
    for (const gantry of this.#running) await gantry.stop();
    for (const { pid } of await processesNaming(this.folder)) signalProcess(pid, 'SIGKILL');
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Waits for a process and answers what it printed. */
export async function collect(child: ChildProcess): Promise<CommandResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout, stderr };
}
