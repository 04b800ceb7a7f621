export type { Static, TSchema } from 'typebox';
export { Type } from 'typebox';
export type { Backend, BackendContext, BackendJob, BackendResult } from './backend.ts';
export type { BatchDecision, Batching, Observation } from './batching.ts';
export type {
  Claims,
  DeliveryOptions,
  DeliveryResult,
  Destinations,
  InstanceFile,
  Instances,
  JobRun,
  Jobs,
  Journal,
  RunFacts,
  StepContext,
  StepLogger,
} from './context.ts';
export { definePlugin, type PluginDefinition } from './define-plugin.ts';
export { durationPattern, durationSchema, formatDuration, parseDuration } from './duration.ts';
export type { AttributeValue, GroupTotals, InstanceFacts, InstanceSet } from './facts.ts';
export { instanceSetSchema } from './facts.ts';
export type { Grouping } from './grouping.ts';
export { fatal, isPluginError, PluginError, type PluginErrorOptions, retryable } from './plugin-error.ts';
export { printable } from './printable.ts';
export { destinationNameSchema, jobNameSchema } from './references.ts';
export type { PluginRegistry, Registered } from './registry.ts';
export { defineBackend, defineBatching, defineGrouping, defineStep, type Step } from './step.ts';
