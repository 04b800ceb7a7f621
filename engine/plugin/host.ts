// The second door: for the engine, which loads, checks and calls plugins. Authors import index.ts only.
export { loadPlugins } from './load-plugins.ts';
export { createRegistry, type PluginRegistry, type Registered } from './registry.ts';
export { validateOptions, validateOutput } from './validate.ts';
