import { definePlugin } from '../../engine/plugin/index.ts';
import { byStudy } from './by-study.ts';

export const groupPlugin = definePlugin({ name: 'group', version: '0.1.0', apiVersion: 1, groupings: { 'group/by-study': byStudy } });
