import { GantryError } from '../errors/index.ts';
import type { Backend } from './backend.ts';
import type { Batching } from './batching.ts';
import { checkPlugin } from './check-plugin.ts';
import type { PluginDefinition } from './define-plugin.ts';
import type { Grouping } from './grouping.ts';
import type { Step } from './step.ts';

/** A workflow's `uses`, resolved. */
export type Registered =
  | { readonly kind: 'step'; readonly name: string; readonly plugin: string; readonly step: Step }
  | { readonly kind: 'group'; readonly name: string; readonly plugin: string; readonly grouping: Grouping }
  | { readonly kind: 'batch'; readonly name: string; readonly plugin: string; readonly batching: Batching };

/** What the installed plugins offer, by name. */
export interface PluginRegistry {
  readonly uses: ReadonlyMap<string, Registered>;
  readonly backends: ReadonlyMap<string, { readonly plugin: string; readonly backend: Backend }>;
}

/** Checks the whole set before any of its code runs. Throws GY603 where two plugins bring the same name, GY604 for a malformed one. */
export function createRegistry(plugins: readonly PluginDefinition[]): PluginRegistry {
  const uses = new Map<string, Registered>();
  const backends = new Map<string, { plugin: string; backend: Backend }>();
  const add = <T extends { readonly plugin: string }>(map: Map<string, T>, name: string, value: T): void => {
    const other = map.get(name);
    if (other)
      throw new GantryError('GY603', `plugin "${value.plugin}" brings "${name}", which plugin "${other.plugin}" has brought already`);
    map.set(name, value);
  };
  for (const definition of plugins) {
    checkPlugin(definition);
    const { name: plugin, steps = {}, groupings = {}, batchings = {}, backends: brought = {} } = definition;
    for (const [name, step] of Object.entries(steps)) add(uses, name, { kind: 'step', name, plugin, step });
    for (const [name, grouping] of Object.entries(groupings)) add(uses, name, { kind: 'group', name, plugin, grouping });
    for (const [name, batching] of Object.entries(batchings)) add(uses, name, { kind: 'batch', name, plugin, batching });
    for (const [name, backend] of Object.entries(brought)) add(backends, name, { plugin, backend });
  }
  return { uses, backends };
}
