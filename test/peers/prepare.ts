import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const cache = resolve(import.meta.dirname, '../.cache');
const venv = join(cache, 'venv');
const python = join(venv, 'bin/python');
const wheels = ['pynetdicom==3.0.4', 'pydicom==3.0.2'];

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const found = (command: string): boolean => works('sh', '-c', `command -v ${command}`);

function say(line: string): void {
  process.stdout.write(`▸ ${line}\n`);
}

/** Debian packages by the command that shows they are there. */
const debian: Readonly<Record<string, string>> = { storescu: 'dcmtk', Orthanc: 'orthanc', gdcmscu: 'libgdcm-tools', openssl: 'openssl' };

function prepareDebian(): void {
  const missing = Object.entries(debian).filter(([command]) => !found(command));
  if (missing.length === 0 || process.getuid?.() !== 0 || !found('apt-get')) return;
  const packages = missing.map(([, name]) => name);
  say(`installing ${packages.join(', ')} from Debian`);
  // A package's service must not start by itself: tests start their own, on loopback, on free ports.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: ['ignore', 'ignore', 'inherit'], env });
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

function preparePython(): void {
  if (works(python, '-c', 'import pynetdicom, pydicom')) return;
  say(`installing ${wheels.join(', ')} from PyPI`);
  mkdirSync(cache, { recursive: true });
  if (works('python3', '-m', 'venv', '--clear', venv) && works(python, '-m', 'pip', 'install', '-q', ...wheels)) return;
  // Debian's python3 without python3-venv: packages in a folder, and a python that finds them.
  rmSync(venv, { recursive: true, force: true });
  const packages = join(venv, 'packages');
  if (!works('python3', '-m', 'pip', 'install', '-q', '--target', packages, ...wheels)) return;
  mkdirSync(join(venv, 'bin'), { recursive: true });
  writeFileSync(python, `#!/bin/sh\nPYTHONPATH='${packages}' exec python3 "$@"\n`, { mode: 0o755 });
}

/** Installs what the end-to-end tests talk to, where this machine allows it, and answers the environment for the tests. */
export function preparePeers(): Record<string, string> {
  prepareDebian();
  preparePython();
  return {
    GANTRY_CACHE: process.env.GANTRY_CACHE ?? join(cache, 'gantry'),
    ...(existsSync(python) ? { GANTRY_TEST_PYTHON: python } : {}),
    // Nagle and delayed ACKs would make dcmtk's peers wait 40 ms for every small instance.
    TCP_NODELAY: '1',
  };
}
