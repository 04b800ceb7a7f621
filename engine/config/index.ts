export type { AeTitleRules, Config, JobConfig } from './config.ts';
export { type LoadedConfig, loadConfig } from './load-config.ts';
export { schemaFiles, writeSchemas } from './write-schemas.ts';
