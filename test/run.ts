// `npm test`: prepares real peers, then type check, lint, dead code, and every test. Ends with the runner's own summary.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { preparePeers } from './peers/prepare.ts';

const root = resolve(import.meta.dirname, '..');
const tool = (name: string, file: string): string => join(root, 'node_modules', name, file);

function step(title: string, command: string, args: readonly string[]): void {
  process.stdout.write(`▸ ${title}\n`);
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: process.env });
  if (status === 0) return;
  process.stderr.write(`✗ ${title} failed (${signal ?? `exit ${status}`})\n`);
  process.exit(status ?? 1);
}

const only = process.argv.slice(2);
const files = only.length > 0 ? only : globSync('test/**/*.test.ts', { cwd: root }).sort();

Object.assign(process.env, preparePeers());
if (only.length === 0) {
  step('type check', process.execPath, [tool('typescript', 'bin/tsc'), '-p', '.']);
  step('lint', process.execPath, [tool('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings', '--max-diagnostics=50']);
  step('dead code', process.execPath, [tool('knip', 'bin/knip.js')]);
}
step(`tests (${files.length} files)`, process.execPath, ['--test', '--test-concurrency=2', '--test-timeout=300000', ...files]);
