import { definePlugin } from '../../engine/plugin/index.ts';
import { processBackend } from './process.ts';
import { submit } from './submit.ts';

export const jobPlugin = definePlugin({
  name: 'job',
  version: '0.1.0',
  apiVersion: 1,
  steps: { 'job/submit': submit },
  backends: { process: processBackend },
});
