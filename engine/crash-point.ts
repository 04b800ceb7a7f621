import type { IntakeCrashPoint } from './intake/index.ts';
import type { StorageCrashPoint } from './storage/index.ts';
import type { WorkerCrashPoint } from './worker/index.ts';

/** Every place on an instance's way where a test ends the process. */
export type CrashPoint = StorageCrashPoint | IntakeCrashPoint | WorkerCrashPoint;
