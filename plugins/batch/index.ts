import { definePlugin } from '../../engine/plugin/index.ts';
import { timeout } from './timeout.ts';

export const batchPlugin = definePlugin({ name: 'batch', version: '0.1.0', apiVersion: 1, batchings: { 'batch/timeout': timeout } });
