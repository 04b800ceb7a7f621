import type { WorkflowOptions } from '../../engine/language/index.ts';
import { createRegistry } from '../../engine/plugin/host.ts';
import {
  defineBackend,
  defineBatching,
  defineGrouping,
  definePlugin,
  defineStep,
  destinationNameSchema,
  durationSchema,
  instanceSetSchema,
  jobNameSchema,
  Type,
} from '../../engine/plugin/index.ts';

const closed = { additionalProperties: false };

const notRun = (): Promise<never> => Promise.reject(new Error('not run in these tests'));

/** Plugins like the first-party ones, so that what the fixtures expect does not change with those. */
const plugin = definePlugin({
  name: 'fixture',
  version: '1.0.0',
  apiVersion: 1,
  groupings: {
    'group/by-study': defineGrouping({
      title: 'Group by study',
      description: 'Instances of one study.',
      options: Type.Object({ prefix: Type.Optional(Type.String()) }, closed),
      key: ({ studyInstanceUid }) => studyInstanceUid,
      describe: (key) => `study ${key}`,
    }),
  },
  batchings: {
    'batch/timeout': defineBatching({
      title: 'Complete after a quiet period',
      description: 'Nothing has arrived for a while.',
      options: Type.Object(
        {
          quiet: durationSchema({ description: 'Nothing has arrived for this long.', default: '30s' }),
          limit: durationSchema({ description: 'At the latest.', default: '15m' }),
          instances: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        closed,
      ),
      decide: () => ({ complete: true, why: 'enough' }),
    }),
  },
  steps: {
    'job/submit': defineStep({
      title: 'Run a job',
      description: 'Runs a job of the configuration.',
      options: Type.Object(
        {
          job: jobNameSchema,
          priority: Type.Union([Type.Literal('normal'), Type.Literal('higher')], { default: 'normal' }),
          parameters: Type.Record(Type.String(), Type.Unknown(), { default: {} }),
          retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
          uid: Type.Optional(Type.String({ description: 'A SOP Class UID.' })),
        },
        closed,
      ),
      output: Type.Object({ instances: instanceSetSchema, result: Type.Unknown(), seconds: Type.Number() }, closed),
      summary: 'run job {job}',
      timeout: '1h',
      run: notRun,
    }),
    'dicom/export': defineStep({
      title: 'Send instances',
      description: 'Sends instances to destinations.',
      options: Type.Object(
        {
          instances: Type.Optional(instanceSetSchema),
          destinations: Type.Array(destinationNameSchema, { minItems: 1 }),
          failThreshold: Type.String({
            pattern: '^[0-9]{1,3}%$',
            default: '50%',
            description: 'Fails when more than this share did not arrive.',
          }),
        },
        closed,
      ),
      output: Type.Object({ delivered: Type.Integer(), failed: Type.Integer() }, closed),
      summary: 'send to {destinations}',
      timeout: '2h',
      run: notRun,
    }),
    'storage/reclaim': defineStep({
      title: 'Reclaim files',
      description: 'Gives back what the run holds.',
      options: Type.Object({}, closed),
      output: Type.Object({ released: Type.Integer() }, closed),
      summary: 'reclaim files',
      timeout: '5m',
      run: notRun,
    }),
  },
  backends: {
    process: defineBackend({
      title: 'Local process',
      description: 'Runs a command.',
      options: Type.Object(
        { command: Type.Array(Type.String(), { minItems: 1 }), timeout: durationSchema({ description: 'Longest time.', default: '1h' }) },
        closed,
      ),
      run: notRun,
    }),
  },
});

export const registry = createRegistry([plugin]);

export const options: WorkflowOptions = {
  registry,
  jobs: ['nodules', 'projection'],
  destinations: ['PACS', 'ARCHIVE'],
  attributeKeywords: () => ['Modality', 'SliceThickness', 'SeriesDescription', 'StudyInstanceUID', 'ImageType'],
};
