import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ErrorCode } from '../errors/index.ts';
import {
  childPointer,
  createReport,
  type Diagnostic,
  type JsonSchema,
  parseYaml,
  type Report,
  type SchemaProblem,
  schemaProblems,
  suggest,
  withDefaults,
  type YamlDocument,
} from '../language/index.ts';
import type { PluginRegistry } from '../plugin/index.ts';
import { checkRules } from './check-rules.ts';
import type { Config } from './config.ts';
import { configShape } from './config-shape.ts';
import { type GivenConfig, settle } from './settle.ts';

export interface LoadedConfig {
  /** Null where anything is wrong. */
  readonly config: Config | null;
  readonly diagnostics: readonly Diagnostic[];
}

const codes = {
  'unknown-key': 'GY103',
  'missing-key': 'GY104',
  'wrong-value': 'GY105',
  unquoted: 'GY106',
  duration: 'GY105',
  'ae-title': 'GY107',
} as const satisfies Record<SchemaProblem['kind'], ErrorCode>;

/**
 * Reads a configuration, YAML or JSON; null gives the defaults, meant from the working folder. With a registry the options of
 * jobs are checked by their back-ends. Everything that is wrong is answered at once, and nothing is thrown.
 */
export async function loadConfig(file: string | null, registry?: PluginRegistry): Promise<LoadedConfig> {
  if (file === null) return { config: settle(withDefaults(configShape, {}) as GivenConfig, null, process.cwd()), diagnostics: [] };
  const path = resolve(file);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const place = { file: path, line: 1, column: 1, length: 1 };
    return { config: null, diagnostics: [{ code: 'GY101', severity: 'error', message: `cannot be read (${code})`, ...place, hint: null }] };
  }
  const document = parseYaml(text);
  const report = createReport(path, document);
  const given = check(document, registry, report);
  const diagnostics = report.diagnostics();
  return { config: diagnostics.length === 0 ? settle(given, path, dirname(path)) : null, diagnostics };
}

function check(document: YamlDocument, registry: PluginRegistry | undefined, report: Report): GivenConfig {
  for (const { kind, range, message, hint } of document.problems) {
    report.range(range, { code: kind === 'duplicate-key' ? 'GY102' : kind === 'unquoted' ? 'GY106' : 'GY101', message, hint });
  }
  // An empty file is a configuration of defaults.
  const value = document.value ?? {};
  const words = { noun: 'key', of: '', spellingOf: document.spellingOf };
  for (const { kind, pointer, which, message, hint } of schemaProblems(configShape, value, words)) {
    report.at(pointer, which, { code: codes[kind], message, hint });
  }
  checkRules(value, report);
  const given = withDefaults(configShape, value) as GivenConfig;
  if (registry) checkJobs(given.jobs, registry, document, report);
  return given;
}

function checkJobs(jobs: unknown, registry: PluginRegistry, document: YamlDocument, report: Report): void {
  for (const [name, job] of Object.entries(typeof jobs === 'object' && jobs !== null ? jobs : {})) {
    const { backend: chosen, ...options } = (typeof job === 'object' && job !== null ? job : {}) as { readonly backend?: unknown };
    if (typeof chosen !== 'string') continue;
    const pointer = childPointer('/jobs', name);
    const backend = registry.backends.get(chosen)?.backend;
    if (backend === undefined) {
      const hint = suggest(chosen, [...registry.backends.keys()], 'back-ends');
      report.at(`${pointer}/backend`, 'value', { code: 'GY108', message: `unknown back-end "${chosen}"`, hint });
      continue;
    }
    const schema = backend.options as unknown as JsonSchema;
    const words = { noun: 'option', of: ` for back-end "${chosen}"`, spellingOf: (at: string) => document.spellingOf(pointer + at) };
    for (const { kind, pointer: at, which, message, hint } of schemaProblems(schema, withDefaults(schema, options), words)) {
      report.at(pointer + at, which, { code: codes[kind], message, hint });
    }
  }
}
