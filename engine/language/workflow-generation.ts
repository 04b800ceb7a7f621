import type { PinnedDefinition } from './definition.ts';
import type { Diagnostic } from './diagnostic.ts';
import { loadWorkflow, type WorkflowOptions } from './load-workflow.ts';
import { sharedName } from './shared-name.ts';
import type { FoundFiles } from './workflow-files.ts';

/** The workflows of a folder as of one reading. */
export interface Generation {
  /** By file: what new runs take. */
  readonly current: ReadonlyMap<string, PinnedDefinition>;
  readonly diagnostics: readonly Diagnostic[];
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * The next generation: a good file takes effect, a broken or unreadable one keeps its last good version, a removed one drops
 * out. Where a new version takes the name of another file's workflow, the one that had the name keeps it.
 */
export function nextGeneration(previous: Generation, found: FoundFiles, options: WorkflowOptions): Generation {
  const { texts } = found;
  const diagnostics = [...found.diagnostics];
  const unreadable = new Set(diagnostics.map(({ file }) => file));
  const current = new Map<string, PinnedDefinition>();
  const keep = (file: string): void => {
    const last = previous.current.get(file);
    if (last) current.set(file, last);
    else current.delete(file);
  };

  for (const file of previous.current.keys()) {
    const isGone = !texts.has(file) && !unreadable.has(file);
    if (!isGone || !found.complete) keep(file);
  }
  for (const [file, text] of texts) {
    const checked = loadWorkflow({ ...options, file, text });
    diagnostics.push(...checked.diagnostics);
    if (checked.pinned) current.set(file, checked.pinned);
  }
  // Going back to an old name can clash with another file's new one; a generation before never clashed with itself.
  for (let shared = sharedName(current, texts); shared.length > 0; shared = sharedName(current, texts)) {
    diagnostics.push(...shared);
    for (const { file } of shared) keep(file);
  }
  return { current, diagnostics, texts };
}
