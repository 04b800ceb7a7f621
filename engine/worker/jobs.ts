import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import { type PluginRegistry, validateOptions } from '../plugin/host.ts';
import { fatal, type Jobs, type StepContext } from '../plugin/index.ts';
import type { Storage } from '../storage/index.ts';
import { stepJobsFolder } from './job-folders.ts';
import { passSpaceGate } from './space-rules.ts';

export interface JobsOptions {
  readonly config: Pick<Config, 'folder' | 'jobs' | 'storage'>;
  readonly dataFolder: string;
  readonly group: number;
  readonly step: string;
  readonly registry: PluginRegistry;
  readonly storage: Storage;
  readonly context: Pick<StepContext, 'signal' | 'log' | 'progress' | 'idempotencyKey'> & { readonly attempt: number };
}

/** The configured jobs, on the back-ends that plugins bring. */
export function createJobs({ config, dataFolder, group, step, registry, storage, context }: JobsOptions): Jobs {
  const stateFolder = stepJobsFolder(dataFolder, group, step);
  const space = { storage, rules: config.storage.belowReserve };
  return {
    names: Object.keys(config.jobs),

    async folder() {
      // Before anything is put into it: that may be copies.
      await passSpaceGate('jobs', space);
      await mkdir(stateFolder, { recursive: true, mode: 0o700 });
      return mkdtemp(join(stateFolder, `${context.attempt}-`));
    },

    async run(name, job) {
      const entry = Object.hasOwn(config.jobs, name) ? config.jobs[name] : undefined;
      if (entry === undefined)
        throw fatal('UnknownJob', `there is no job "${name}"`, { hint: 'Add it to jobs of the configuration, or correct the workflow.' });
      const backend = registry.backends.get(entry.backend)?.backend;
      if (backend === undefined) {
        throw fatal('UnknownBackend', `job "${name}" asks for back-end "${entry.backend}", which no plugin brings`, {
          hint: `Known back-ends: ${[...registry.backends.keys()].join(', ')}.`,
        });
      }
      const options = validateOptions(backend.options, entry.options, `job "${name}"`);
      // What it is going to write counts as what is received does.
      await passSpaceGate('jobs', space);
      await mkdir(stateFolder, { recursive: true, mode: 0o700 });
      const { signal, log, progress, idempotencyKey, attempt } = context;
      const { details } = await backend.run({ ...job, name, idempotencyKey, attempt, stateFolder }, options, {
        signal,
        log,
        progress,
        configFolder: config.folder,
      });
      return details;
    },
  };
}
