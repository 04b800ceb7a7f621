import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { styleText } from 'node:util';
import { plugins } from '../../plugins/index.ts';
import { type Config, loadConfig } from '../config/index.ts';
import { describeError, GantryError } from '../errors/index.ts';
import { loadWorkflows } from '../language/index.ts';
import { ledgerFile } from '../layout.ts';
import { openLedgerReader } from '../ledger/index.ts';
import { silentLog } from '../log/index.ts';
import { createRegistry } from '../plugin/host.ts';
import { connectRuns, findTemporal, isPortFree } from '../temporal/index.ts';
import { workflowOptions } from '../workflow-options.ts';
import { type CommonOptions, configFile, dataFolder } from './common.ts';
import { formatBytes, print, printJson } from './print.ts';
import { engineState, spellListening } from './running-engine.ts';
import { lookAtTls, tlsFilesOf } from './tls-files.ts';

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** What was found; where it is not ok, with what to do. */
  readonly detail: string;
}

/** Looks at this machine, the configuration and the data folder. Changes nothing but what the engine would fetch at its start. */
export async function doctor(options: CommonOptions): Promise<void> {
  const findings: Finding[] = [];
  const check = async (name: string, look: () => Promise<string>): Promise<void> => {
    try {
      findings.push({ check: name, ok: true, detail: await look() });
    } catch (error) {
      findings.push({ check: name, ok: false, detail: describeError(error) });
    }
  };

  const folder = dataFolder(options);
  let config: Config | null = null;
  await check('Node', async () => process.versions.node);
  await check('configuration', async () => {
    const loaded = await loadConfig(configFile(options), createRegistry(plugins));
    config = loaded.config;
    if (config === null) throw new GantryError('GY808', `${loaded.diagnostics.length} problems in the configuration`);
    return config.file ?? 'none: defaults';
  });
  await check('workflows', async () => {
    if (config === null) throw new GantryError('GY808', 'not looked at: the configuration has problems');
    const { workflows, diagnostics } = await loadWorkflows(config.workflows, workflowOptions(config, createRegistry(plugins)));
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    if (errors > 0) throw new GantryError('GY808', `${errors} problems in ${config.workflows}`);
    return `${workflows.size} in ${config.workflows}`;
  });
  await check('data folder', async () => {
    try {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (cause) {
      throw new GantryError('GY504', `the data folder ${folder} cannot be written`, { cause });
    }
    const { bavail, bsize } = await statfs(folder);
    return `${folder}, ${formatBytes(bavail * bsize)} free`;
  });
  await check('Temporal', async () => findTemporal(process.env, silentLog));

  for (const { name, files } of tlsFilesOf(config)) await check(name, () => lookAtTls(files));

  const engine = await engineState(folder);
  if (engine === null) {
    const { host, port, tls } = (config as Config | null)?.dicom ?? { host: '127.0.0.1', port: 0, tls: null };
    const checkPort = (name: string, wanted: number): Promise<void> =>
      check(name, async () => {
        if (wanted !== 0 && !(await isPortFree(wanted))) throw new GantryError('GY809', `port ${wanted} is taken`);
        return wanted === 0 ? 'a free one will be chosen' : `${host}:${wanted} is free`;
      });
    if (tls?.only !== true) await checkPort('DICOM port', port);
    if (tls !== null) await checkPort('DICOM port with TLS', tls.port);
  } else {
    await check('engine', async () => `process ${engine.pid} since ${engine.startedAt}, DICOM on ${spellListening(engine)}`);
    await check('ledger', async () => {
      const ledger = await openLedgerReader({ file: ledgerFile(folder) });
      const { held, retained, unrouted, wakeUps, collecting } = await ledger.counts().finally(() => ledger.close());
      return `${held} held, ${retained} retained, ${unrouted} to route, ${wakeUps} wake-ups to send, ${collecting} groups collecting`;
    });
    await check('runs', async () => {
      const { runs, close } = await connectRuns(engine.temporal);
      const open = await runs.list({ status: 'RUNNING' }).finally(close);
      const parked = open.filter((run) => run.parked).length;
      return `${open.length} open${parked > 0 ? `, ${parked} parked: see gantry runs list` : ''}`;
    });
  }

  if (options.json) printJson(findings);
  else
    for (const { check: name, ok, detail } of findings) print(`${ok ? styleText('green', '✓') : styleText('red', '✗')} ${name}: ${detail}`);
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
}
