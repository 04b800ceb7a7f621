export { type Activities, createActivities } from './activities.ts';
export { bundleWorkflows, type WorkflowBundle } from './bundle-workflows.ts';
export { sweepJobFolders } from './job-folders.ts';
export { type RunningWorker, startWorker } from './start-worker.ts';
export type { WorkerCrashPoint, WorkerParts } from './worker-parts.ts';
