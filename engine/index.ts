export { type Config, loadConfig } from './config/index.ts';
export { type Engine, type EngineOptions, startEngine } from './engine.ts';
export { GantryError } from './errors/index.ts';
export { createLog, type Log } from './log/index.ts';
