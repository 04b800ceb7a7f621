import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../engine/config/index.ts';
import { startEngine } from '../../engine/engine.ts';
import { createLog } from '../../engine/log/index.ts';
import { createRegistry } from '../../engine/plugin/host.ts';
import { plugins } from '../../plugins/index.ts';
import { dieAt } from './die-at.ts';

/** The engine as `gantry dev` runs it, with its arguments and its ready line, that ends itself where GANTRY_TEST_CRASH says. */
export async function runEngine(): Promise<void> {
  // A killed process would leave none.
  flushCompileCache();
  const { values } = parseArgs({ allowPositionals: true, options: { config: { type: 'string' }, data: { type: 'string' } } });
  const { config, diagnostics } = await loadConfig(values.config ?? null, createRegistry(plugins));
  if (config === null || values.data === undefined) throw new Error(`this cannot be run: ${JSON.stringify(diagnostics)}`);
  const engine = await startEngine({
    config,
    dataFolder: values.data,
    log: createLog({ level: 'info' }),
    careEveryMs: 1_000,
    crashPoint: dieAt(process.env.GANTRY_TEST_CRASH),
  });
  const { dicom, temporal } = engine;
  if (dicom === null) throw new Error('it does not listen');
  // Before it says that it is ready: who reads that may stop it at once.
  process.once('SIGTERM', () => void engine.stop().then(() => process.exit(0)));
  process.stdout.write(`gantry ready dicom=${dicom.host}:${dicom.port} temporal=${temporal.address} ui=${temporal.uiUrl ?? 'unknown'}\n`);
}
