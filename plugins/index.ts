import type { PluginDefinition } from '../engine/plugin/index.ts';
import { batchPlugin } from './batch/index.ts';
import { dicomPlugin } from './dicom/index.ts';
import { groupPlugin } from './group/index.ts';
import { jobPlugin } from './job/index.ts';
import { storagePlugin } from './storage/index.ts';

/** What Gantry ships with. Written against engine/plugin only, as anybody's plugin is. */
export const plugins: readonly PluginDefinition[] = [groupPlugin, batchPlugin, jobPlugin, dicomPlugin, storagePlugin];
