import type { TSchema } from 'typebox';
import { GantryError } from '../errors/index.ts';
import type { PluginDefinition } from './define-plugin.ts';
import { parseDuration } from './duration.ts';

/** The plugin contract that this host speaks. */
const apiVersion = 1;

const usesName = /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/;
const backendName = /^[a-z][a-z0-9-]*$/;

/** Whether a plugin keeps the rules that workflows rely on. Throws GY604, naming the plugin and the entry. */
export function checkPlugin(plugin: PluginDefinition): void {
  const refuse = (what: string): never => {
    throw new GantryError('GY604', `plugin "${String(plugin?.name)}": ${what}`);
  };
  if (typeof plugin !== 'object' || plugin === null || typeof plugin.name !== 'string' || plugin.name === '') refuse('it has no name');
  if (typeof plugin.version !== 'string' || plugin.version === '') refuse('it has no version');
  if (plugin.apiVersion !== apiVersion)
    refuse(`it is written for plugin contract ${String(plugin.apiVersion)}, and this host speaks ${apiVersion}`);

  const checkEntry = (name: string, pattern: RegExp, entry: Entry, methods: readonly string[]): void => {
    if (!pattern.test(name))
      refuse(`"${name}" is not a name of lower-case letters, digits and dashes${pattern === usesName ? ', as in "acme/anonymize"' : ''}`);
    // Activity Types of the engine's own.
    if (name.startsWith('gantry/')) refuse(`"${name}": names that begin with "gantry/" are the engine's own`);
    for (const text of ['title', 'description'] as const)
      if (typeof entry[text] !== 'string' || entry[text] === '') refuse(`"${name}" has no ${text}`);
    for (const method of methods)
      if (typeof (entry as unknown as Record<string, unknown>)[method] !== 'function') refuse(`"${name}" has no function "${method}"`);
    const options = entry.options as { type?: unknown; additionalProperties?: unknown } | undefined;
    if (options?.type !== 'object' || options.additionalProperties !== false)
      refuse(`the options of "${name}" are not an object schema with additionalProperties: false`);
  };

  for (const [name, step] of Object.entries(plugin.steps ?? {})) {
    checkEntry(name, usesName, step, ['run']);
    if (typeof step.output !== 'object') refuse(`"${name}" has no output schema`);
    try {
      parseDuration(step.timeout);
    } catch {
      refuse(`the timeout of "${name}" is not a duration such as 10m`);
    }
    const known = Object.keys((step.options as { properties?: object }).properties ?? {});
    for (const [, option = ''] of String(step.summary).matchAll(/\{([^}]*)\}/g)) {
      if (!known.includes(option)) refuse(`the summary of "${name}" names "{${option}}", which is none of its options`);
    }
  }
  for (const [name, grouping] of Object.entries(plugin.groupings ?? {})) checkEntry(name, usesName, grouping, ['key', 'describe']);
  for (const [name, batching] of Object.entries(plugin.batchings ?? {})) checkEntry(name, usesName, batching, ['decide']);
  for (const [name, backend] of Object.entries(plugin.backends ?? {})) checkEntry(name, backendName, backend, ['run']);
}

interface Entry {
  readonly title: string;
  readonly description: string;
  readonly options: TSchema;
}
