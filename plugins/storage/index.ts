import { definePlugin } from '../../engine/plugin/index.ts';
import { reclaim } from './reclaim.ts';

export const storagePlugin = definePlugin({ name: 'storage', version: '0.1.0', apiVersion: 1, steps: { 'storage/reclaim': reclaim } });
