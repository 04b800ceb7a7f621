import { definePlugin } from '../../engine/plugin/index.ts';
import { exportStep } from './export.ts';

export const dicomPlugin = definePlugin({ name: 'dicom', version: '0.1.0', apiVersion: 1, steps: { 'dicom/export': exportStep } });
