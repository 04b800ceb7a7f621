import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';

const root = resolve(import.meta.dirname, '../..');

/**
 * Which rooms a room may import from. `room/file` allows that one file; `types:room` allows `import type` only.
 * Data flows receive → store → ledger → intake → workflow → plugins; what stands lower never knows what stands higher.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  log: [],
  metrics: [],
  retries: [],
  plugin: ['errors'],
  dicom: ['errors', 'log'],
  storage: ['errors', 'log'],
  ledger: ['errors', 'log', 'types:plugin'],
  language: ['errors', 'plugin', 'retries', 'dicom'],
  config: ['errors', 'language', 'plugin'],
  workflow: ['retries', 'language/expression.ts', 'types:plugin', 'types:language'],
  intake: ['errors', 'log', 'types:metrics', 'dicom', 'storage', 'ledger', 'language', 'plugin'],
  temporal: ['errors', 'log', 'workflow/contract.ts'],
  receiving: ['errors', 'log', 'config', 'dicom', 'storage', 'ledger', 'intake', 'metrics'],
  worker: ['errors', 'log', 'plugin', 'ledger', 'storage', 'dicom', 'config', 'language', 'workflow/contract.ts', 'temporal'],
  // The assembly knows every room; only the command line stands above it.
  '.': [
    'errors',
    'log',
    'plugin',
    'ledger',
    'storage',
    'dicom',
    'config',
    'language',
    'workflow',
    'temporal',
    'worker',
    'intake',
    'receiving',
    'metrics',
  ],
  cli: ['*'],
};

/** The doors of a room: everything else in it is its own. */
const doors: Readonly<Record<string, readonly string[]>> = { plugin: ['index.ts', 'host.ts'], workflow: ['index.ts', 'contract.ts'] };

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const statements = text.matchAll(
    /(?:^|\n)\s*(import|export)\s+(type\s+)?[^;'"]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
  );
  return [...statements].map((m) => ({ file, specifier: m[3] ?? m[4] ?? m[5] ?? '', typeOnly: m[2] !== undefined }));
}

const roomOf = (file: string): string => {
  const [first, second] = file.split('/').slice(1);
  return second === undefined ? '.' : (first ?? '.');
};

/** Why an import between rooms is not allowed; null where it is. */
function violation({ file, specifier, typeOnly }: Import): string | null {
  if (!specifier.startsWith('.')) return null;
  const target = relative(root, resolve(root, dirname(file), specifier));
  if (file.startsWith('plugins/')) {
    if (target.startsWith('plugins/')) return null;
    return target === 'engine/plugin/index.ts' ? null : 'a plugin imports engine/plugin/index.ts only';
  }
  if (target.startsWith('plugins/'))
    return roomOf(file) === '.' || roomOf(file) === 'cli' ? null : 'only the assembly knows the first-party plugins';
  if (!target.startsWith('engine/')) return 'the engine imports from outside its folder';
  const from = roomOf(file);
  const to = roomOf(target);
  if (from === to) return null;
  const inside = target.slice(`engine/${to}/`.length);
  const rules = allowed[from];
  if (rules === undefined) return `the room "${from}" is not in the table`;
  if (rules.includes(`${to}/${inside}`)) return null;
  const isDoor = to === '.' || (doors[to] ?? ['index.ts']).includes(inside);
  if (typeOnly && rules.includes(`types:${to}`)) return null;
  if (!rules.includes(to) && !rules.includes('*')) return `${from} may not import ${to}`;
  return isDoor ? null : `${to}/${inside} is not a door of ${to}`;
}

const files = globSync(['engine/**/*.ts', 'plugins/**/*.ts'], { cwd: root });

describe('rooms', () => {
  it('import only downwards and only through doors', () => {
    const broken = files.flatMap(importsOf).flatMap((entry) => {
      const why = violation(entry);
      return why === null ? [] : [`${entry.file} → ${entry.specifier}: ${why}`];
    });
    assert.deepEqual(broken, []);
  });

  it('would notice an upward import, a side door, and a plugin that reaches into the engine', () => {
    assert.match(violation({ file: 'engine/ledger/a.ts', specifier: '../intake/index.ts', typeOnly: false }) ?? '', /may not import/);
    assert.match(violation({ file: 'engine/intake/a.ts', specifier: '../ledger/writer.ts', typeOnly: false }) ?? '', /not a door/);
    assert.match(
      violation({ file: 'plugins/group/index.ts', specifier: '../../engine/ledger/index.ts', typeOnly: true }) ?? '',
      /plugin imports/,
    );
    assert.match(violation({ file: 'engine/workflow/a.ts', specifier: '../plugin/index.ts', typeOnly: false }) ?? '', /may not import/);
  });

  it('keep dcmjs-dimse in one file, and clocks and Node out of workflow code', () => {
    const imports = files.flatMap(importsOf);
    assert.deepEqual([...new Set(imports.filter((i) => i.specifier === 'dcmjs-dimse').map((i) => i.file))], ['engine/dicom/dimse.ts']);
    const replayed = imports.filter((i) => /^engine\/(workflow|retries)\//.test(i.file) && !i.specifier.startsWith('.') && !i.typeOnly);
    const foreign = replayed.filter((i) => !['@temporalio/workflow', '@temporalio/common', 'xstate'].includes(i.specifier));
    assert.deepEqual(foreign, []);
    const banned = files
      .filter((file) => /^engine\/(workflow|retries)\//.test(file))
      .filter((file) =>
        /\bwaitFor\(|\bsetTimeout\(|\bcreateActor\(/.test(readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')),
      );
    assert.deepEqual(banned, [], 'waitFor and bare timers break replay or vanish silently');
  });
});
