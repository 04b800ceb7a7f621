import { GantryError } from '../errors/index.ts';
import { runProgram } from './run-program.ts';

/** The oldest server that is accepted; nothing below it is tested against. */
const oldestServer = '1.28.0';

export interface BinaryVersion {
  readonly serverVersion: string;
  /** Whether `server start-dev` knows `--ui-disable-news-fetch`, which older ones do not. */
  readonly canDisableNews: boolean;
}

/**
 * What a `temporal` program says of itself.
 * @throws GantryError GY502 when it tells no version or one below {@link oldestServer}
 */
export async function binaryVersion(path: string, env: NodeJS.ProcessEnv): Promise<BinaryVersion> {
  const limits = { env, timeoutMs: 30_000 };
  const [version, help] = await Promise.all([
    runProgram(path, ['--version'], limits),
    runProgram(path, ['server', 'start-dev', '--help'], limits),
  ]);
  // "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"
  const serverVersion = /\(Server (\d+\.\d+\.\d+[\w.-]*)/.exec(version.stdout)?.[1];
  if (serverVersion === undefined) {
    throw new GantryError(
      'GY502',
      `${path} does not tell its version as the Temporal command line does${version.ok ? '' : `: ${version.why}`}`,
    );
  }
  requireServerVersion(serverVersion, path);
  return { serverVersion, canDisableNews: help.stdout.includes('--ui-disable-news-fetch') };
}

/** @throws GantryError GY502; a version that is no number (a build of one's own) is let pass. */
export function requireServerVersion(version: string, where: string): void {
  if (!isOlder(version, oldestServer)) return;
  throw new GantryError('GY502', `${where} is Temporal server ${version}, but ${oldestServer} or newer is needed`);
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(/[.-]/).slice(0, 3).map(Number)) as [number[], number[]];
  if (a.some(Number.isNaN)) return false;
  for (const [index, part] of b.entries()) {
    const own = a[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}
