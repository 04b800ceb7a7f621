import type { Config } from './config/index.ts';
import { attributeKeywords } from './dicom/index.ts';
import type { WorkflowOptions } from './language/index.ts';
import type { PluginRegistry } from './plugin/host.ts';

/** What workflow files are checked against. */
export const workflowOptions = (config: Config, registry: PluginRegistry): WorkflowOptions => ({
  registry,
  jobs: Object.keys(config.jobs),
  destinations: Object.keys(config.dicom.destinations),
  attributeKeywords,
});
