export type { AeTitleRules, BelowReserve, Config, JobConfig, SourceConfig, SourceHost } from './config.ts';
export { type LoadedConfig, loadConfig } from './load-config.ts';
export { defaultAeTitleRules } from './settle.ts';
export { schemaFiles, writeSchemas } from './write-schemas.ts';
