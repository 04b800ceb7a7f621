export type { TemporalClient } from './connect.ts';
export { connectRuns } from './connect-runs.ts';
export { findTemporal } from './find-temporal.ts';
export { lockDataFolder } from './lock-data-folder.ts';
export { openTemporal, type Temporal } from './open-temporal.ts';
export { isPortFree } from './ports.ts';
export { createRuns, type RunRow, type TemporalRuns } from './runs.ts';
export { runUrl } from './ui-link.ts';
