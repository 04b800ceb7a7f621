import type { PluginRegistry } from '../plugin/index.ts';
import type { Scope } from './check-expression.ts';
import { type ConfiguredNames, checkOptions } from './check-options.ts';
import { checkOrder } from './check-order.ts';
import { checkReceived } from './check-received.ts';
import { checkTitle } from './check-text.ts';
import { defineStep } from './define-step.ts';
import type { Definition, PinnedDefinition } from './definition.ts';
import type { Diagnostic } from './diagnostic.ts';
import { pin } from './hash.ts';
import { isRecord } from './json-schema.ts';
import { shapeCodes, yamlCodes } from './language-codes.ts';
import { durationMs, readRetries } from './read-retries.ts';
import { readSteps } from './read-steps.ts';
import { createReport, type Report } from './report.ts';
import { schemaProblems } from './schema-problems.ts';
import { stepScopes } from './step-scopes.ts';
import { workflowShape } from './workflow-shape.ts';
import { parseYaml, type YamlDocument } from './yaml.ts';

/** What workflows are checked against. */
export interface WorkflowOptions extends ConfiguredNames {
  readonly registry: PluginRegistry;
  /** Keywords of the data dictionary; asked only where a rule reads attributes. */
  attributeKeywords(): readonly string[];
}

export interface WorkflowSource extends WorkflowOptions {
  /** As diagnostics name it. */
  readonly file: string;
  readonly text: string;
}

export interface CheckedWorkflow {
  /** Everything that is wrong, in the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
  /** Null where anything is wrong: nothing is half-loaded. */
  readonly pinned: PinnedDefinition | null;
}

/** Checks one workflow file and makes its definition. Pure; never throws for what stands in the file. */
export function loadWorkflow({ file, text, ...options }: WorkflowSource): CheckedWorkflow {
  const document = parseYaml(text);
  const report = createReport(file, document);
  for (const { kind, range, message, hint } of document.problems) report.range(range, { code: yamlCodes[kind], message, hint });
  if (document.value === undefined) {
    if (document.problems.length === 0) report.range({ start: 0, end: 1 }, { code: 'GY201', message: 'the file is empty' });
    return { diagnostics: report.diagnostics(), pinned: null };
  }
  const words = { noun: 'key', of: '', spellingOf: document.spellingOf };
  for (const { kind, pointer, which, message, hint } of schemaProblems(workflowShape, document.value, words)) {
    report.at(pointer, which, { code: shapeCodes[kind], message, hint });
  }
  const definition = define(isRecord(document.value) ? document.value : {}, options, document, report);
  const diagnostics = report.diagnostics();
  return { diagnostics, pinned: diagnostics.length === 0 ? pin(definition) : null };
}

/** The definition; of a file with errors it is not to be used. */
function define(workflow: Readonly<Record<string, unknown>>, options: WorkflowOptions, document: YamlDocument, report: Report): Definition {
  const received = checkReceived(workflow.on, options.attributeKeywords, report);
  const policies = readRetries(workflow.retries, report);
  const drafts = readSteps(workflow, options.registry, report);
  if (Array.isArray(workflow.steps)) checkOrder(drafts, options.registry, report);
  const scopes = stepScopes(drafts);
  const steps = drafts.map((draft) => {
    const scope = scopes.get(draft) as Scope;
    const filled = checkOptions(draft, scope, options, document, report);
    return { list: draft.list, step: defineStep(draft, filled, scope, policies, report) };
  });
  checkTitle('/title', workflow.title, report);
  const retain = isRecord(workflow.retain) ? durationMs(workflow.retain.failed) : null;
  const name = String(workflow.workflow);
  return {
    language: 1,
    workflow: name,
    title: typeof workflow.title === 'string' ? workflow.title : name,
    on: { received },
    steps: steps.filter(({ list }) => list === 'steps').map(({ step }) => step),
    finally: steps.filter(({ list }) => list === 'finally').map(({ step }) => step),
    late: 'next',
    retainFailedMs: retain ?? 7 * 86_400_000,
  };
}
