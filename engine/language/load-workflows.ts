import type { PinnedDefinition } from './definition.ts';
import type { Diagnostic } from './diagnostic.ts';
import { loadWorkflow, type WorkflowOptions } from './load-workflow.ts';
import { sharedName } from './shared-name.ts';
import { findWorkflowFiles } from './workflow-files.ts';

export interface LoadedWorkflows {
  /** By file; those without errors. */
  readonly workflows: ReadonlyMap<string, PinnedDefinition>;
  readonly diagnostics: readonly Diagnostic[];
  /** The text of every file that was read, for `formatDiagnostic`. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Checks all workflow files (`*.yaml`, `*.yml`, not `*.scenario.yaml`) of a folder, or of several folders and files, each and
 * against each other. Never throws for what is in them, nor for a path that is not there.
 */
export async function loadWorkflows(paths: string | readonly string[], options: WorkflowOptions): Promise<LoadedWorkflows> {
  const { texts, diagnostics } = await findWorkflowFiles(typeof paths === 'string' ? [paths] : paths);
  const found = [...diagnostics];
  const workflows = new Map<string, PinnedDefinition>();
  for (const [file, text] of texts) {
    const checked = loadWorkflow({ ...options, file, text });
    found.push(...checked.diagnostics);
    if (checked.pinned) workflows.set(file, checked.pinned);
  }
  const shared = sharedName(workflows, texts);
  for (const { file } of shared) workflows.delete(file);
  return { workflows, diagnostics: [...found, ...shared], texts };
}
