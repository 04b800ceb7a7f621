import type { PinnedDefinition } from './definition.ts';
import type { Diagnostic } from './diagnostic.ts';
import { createReport } from './report.ts';
import { parseYaml } from './yaml.ts';

/** For every file whose workflow has the name of another file's: a name is a Workflow Type, and nothing says which one is meant. */
export function sharedName(workflows: ReadonlyMap<string, PinnedDefinition>, texts: ReadonlyMap<string, string>): readonly Diagnostic[] {
  const files = Map.groupBy(workflows.keys(), (file) => workflows.get(file)?.definition.workflow);
  return [...files].flatMap(([name, sharing]) => {
    if (sharing.length < 2) return [];
    return sharing.flatMap((file) => {
      const report = createReport(file, parseYaml(texts.get(file) ?? ''));
      const others = sharing.filter((other) => other !== file);
      const hint = `${others.join(' and ')} ${others.length === 1 ? 'has' : 'have'} the same name`;
      report.at('/workflow', 'value', { code: 'GY220', message: `workflow "${name}" is defined by several files`, hint });
      return report.diagnostics();
    });
  });
}
