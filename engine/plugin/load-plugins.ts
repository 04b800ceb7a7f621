import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GantryError } from '../errors/index.ts';
import { checkPlugin } from './check-plugin.ts';
import type { PluginDefinition } from './define-plugin.ts';

/**
 * Imports plugins: each module is an absolute path, a file URL or a package's name, and exports a definition as
 * default or several as `plugins`. Throws GY605 naming the module, GY604 for a malformed definition.
 */
export async function loadPlugins(modules: readonly string[]): Promise<readonly PluginDefinition[]> {
  const loaded: PluginDefinition[] = [];
  for (const module of modules) {
    let exported: { readonly default?: PluginDefinition; readonly plugins?: readonly PluginDefinition[] };
    try {
      exported = await import(isAbsolute(module) ? pathToFileURL(module).href : module);
    } catch (cause) {
      throw new GantryError(
        'GY605',
        `plugin module "${module}" cannot be imported: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
    const brought = exported.plugins ?? (exported.default === undefined ? [] : [exported.default]);
    if (!Array.isArray(brought) || brought.length === 0) throw new GantryError('GY605', `plugin module "${module}" exports no plugin`);
    for (const definition of brought) checkPlugin(definition);
    loaded.push(...brought);
  }
  return loaded;
}
