import type { Backend } from './backend.ts';
import type { Batching } from './batching.ts';
import type { Grouping } from './grouping.ts';
import type { Step } from './step.ts';

/** What a plugin brings. Names are addressed in workflows as they stand here: `dicom/export`. */
export interface PluginDefinition {
  readonly name: string;
  readonly version: string;
  /** The contract between plugin and host. */
  readonly apiVersion: 1;
  // `any`: options differ by entry; the host validates them against each entry's own schema before a call.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly steps?: Readonly<Record<string, Step<any, any>>>;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly groupings?: Readonly<Record<string, Grouping<any>>>;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly batchings?: Readonly<Record<string, Batching<any>>>;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly backends?: Readonly<Record<string, Backend<any>>>;
}

/** Declares a plugin. Nothing runs: the host reads it, checks it, and calls it later. */
export function definePlugin(plugin: PluginDefinition): PluginDefinition {
  return Object.freeze(plugin);
}
