import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defineStep, fatal, instanceSetSchema, isPluginError, jobNameSchema, Type } from '../../engine/plugin/index.ts';
import { tailOf } from './job-log.ts';
import { readResult } from './result.ts';

export const submit = defineStep({
  title: 'Submit a job',
  description:
    "Runs a job of the configuration on the instances. DICOM files that it leaves in its output folder become the step's `instances`, as they are; a file `output.json` there becomes its `result`.",
  options: Type.Object(
    {
      job: jobNameSchema,
      priority: Type.Union([Type.Literal('lower'), Type.Literal('normal'), Type.Literal('higher'), Type.Literal('immediate')], {
        default: 'normal',
        description: 'Handed to the back-end, which may have a queue.',
      }),
      parameters: Type.Record(Type.String(), Type.Unknown(), { default: {}, description: 'Handed to the job as JSON.' }),
      instances: Type.Optional(
        Type.Object(instanceSetSchema.properties, {
          ...instanceSetSchema,
          description: "What to hand to the job; the group's instances where it is left out.",
        }),
      ),
    },
    { additionalProperties: false },
  ),
  output: Type.Object(
    {
      instances: instanceSetSchema,
      result: Type.Unknown({
        description: "What the job's output.json holds, null where there is none. It stands in the run's history: no patient data.",
      }),
      details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
        description: 'What the back-end tells of the execution.',
      }),
      log: Type.String({ description: "File with the job's own output, kept as long as the run's instances." }),
    },
    { additionalProperties: false },
  ),
  summary: 'run job {job}',
  timeout: '2h',

  async run({ job, priority, parameters, instances }, context) {
    const set = instances ?? context.instances.group;
    const folder = await context.jobs.folder();
    const inputFolder = join(folder, 'input');
    const outputFolder = join(folder, 'output');
    const logFile = join(folder, 'job.log');
    await mkdir(outputFolder, { recursive: true });
    context.progress(0, null, `${set.count} instances to ${job}`);
    await context.instances.materialise(set, inputFolder);
    const details = await context.jobs.run(job, { inputFolder, outputFolder, logFile, instances: set.count, priority, parameters });
    try {
      // The result first: output that cannot be used is not taken into storage.
      const result = await readResult(join(outputFolder, 'output.json'));
      return { instances: await context.instances.adopt(outputFolder), result, details: { ...details }, log: logFile };
    } catch (error) {
      if (!isPluginError(error) || error.code !== 'OutputInvalid') throw error;
      const hint = `Correct what the job writes; its whole output is in ${logFile}.`;
      // The same job would write the same again.
      throw fatal('JobOutputInvalid', `job "${job}" left output that is not valid: ${error.message}${await tailOf(logFile)}`, { hint });
    }
  },
});
