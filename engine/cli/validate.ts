import { resolve } from 'node:path';
import { plugins } from '../../plugins/index.ts';
import { loadConfig } from '../config/index.ts';
import { type Diagnostic, formatDiagnostics, loadWorkflows } from '../language/index.ts';
import { createRegistry } from '../plugin/host.ts';
import { workflowOptions } from '../workflow-options.ts';
import { type CommonOptions, configFile } from './common.ts';
import { note, print, printJson } from './print.ts';

/** Every problem of the configuration and the workflows; status 1 where one is an error. */
export async function validate(files: readonly string[], options: CommonOptions): Promise<void> {
  const registry = createRegistry(plugins);
  const { config, diagnostics: configProblems } = await loadConfig(configFile(options), registry);
  const problems: Diagnostic[] = [...configProblems];
  let checked = 0;
  if (config !== null) {
    const paths = files.length > 0 ? files.map((file) => resolve(file)) : config.workflows;
    const { diagnostics, workflows } = await loadWorkflows(paths, workflowOptions(config, registry));
    problems.push(...diagnostics);
    checked = workflows.size;
  }
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (options.json) printJson(problems);
  else if (problems.length > 0) print(await formatDiagnostics(problems));
  if (errors > 0) process.exitCode = 1;
  else note(`${checked} ${checked === 1 ? 'workflow is' : 'workflows are'} fine`);
}
