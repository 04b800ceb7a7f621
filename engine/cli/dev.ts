import { plugins } from '../../plugins/index.ts';
import { startEngine } from '../engine.ts';
import { createLog, type Log } from '../log/index.ts';
import { createRegistry } from '../plugin/host.ts';
import { type CommonOptions, dataFolder } from './common.ts';
import { print } from './print.ts';
import { requireConfig } from './require-config.ts';
import { removeEngineFile, writeEngineFile } from './running-engine.ts';

interface DevOptions extends CommonOptions {
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** `gantry dev`: ready when it prints its line; SIGTERM or Ctrl-C drains and ends with status 0. */
export async function dev(options: DevOptions): Promise<void> {
  const config = await requireConfig(options, createRegistry(plugins));
  const log: Log = createLog({ level: options.logLevel });
  const folder = dataFolder(options);
  const signalled = nextSignal();
  const engine = await startEngine({ config, dataFolder: folder, log });
  await writeEngineFile(folder, engine);
  const { dicom, dicomTls, temporal } = engine;
  const listening = [
    ...(dicom === null ? [] : [`dicom=${dicom.host}:${dicom.port}`]),
    ...(dicomTls === null ? [] : [`dicom-tls=${dicomTls.host}:${dicomTls.port}`]),
  ];
  print(`gantry ready ${listening.join(' ')} temporal=${temporal.address} ui=${temporal.uiUrl ?? 'unknown'}`);

  const failure = await Promise.race([signalled.then(() => null), engine.failed]);
  if (failure !== null) log.error('the engine cannot go on; it stops, to be started again', { error: failure.message });
  else log.info('stopping: associations and activities under way may end');
  await engine.stop();
  await removeEngineFile(folder);
  // Handles of native code may keep the loop alive; everything that matters is closed.
  process.exit(failure === null ? 0 : 1);
}

/** A second signal ends at once. */
function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(130);
        asked = true;
        resolve();
      });
    }
  });
}
