import type { ReadAttributes } from '../dicom/index.ts';
import { evaluate, type PinnedDefinition } from '../language/index.ts';
import type { InstanceRow, Routing } from '../ledger/index.ts';
import type { InstanceFacts, PluginRegistry } from '../plugin/index.ts';

/** The workflows in force as intake sees them. */
export interface WorkflowsInForce {
  readonly definitions: readonly PinnedDefinition[];
  /** Some file cannot be loaded: what it would have wanted is not known. */
  readonly incomplete: boolean;
}

export interface MatchInput {
  readonly instance: InstanceRow;
  /** Absolute path of its file, for rules that read attributes. */
  readonly file: string;
  readonly workflows: WorkflowsInForce;
  readonly registry: PluginRegistry;
  readonly readAttributes: ReadAttributes;
  readonly workflowIdOf: (workflow: string, calledAeTitle: string, key: string) => string;
}

/** A group's key shows in Workflow Ids: short, printable, and no slash, which separates their parts. */
const validKey = /^[\x21-\x2e\x30-\x7e]{1,64}$/;

/**
 * Which workflows want an instance, and in which group. A rule that cannot be evaluated, or a workflow file that cannot be
 * loaded, is never taken for "no": the instance is then retained, and its story says why.
 */
export async function match({ instance, file, workflows, registry, readAttributes, workflowIdOf }: MatchInput): Promise<Routing> {
  const called = workflows.definitions.filter(({ definition }) => definition.on.received.calledAeTitle === instance.calledAeTitle);
  const claims: Routing['claims'][number][] = [];
  const reasons: string[] = [];
  if (called.length === 0) reasons.push(`no workflow takes instances for ${instance.calledAeTitle}`);
  if (workflows.incomplete) reasons.push('some workflow files have problems: gantry validate lists them');
  let undecided = workflows.incomplete;
  for (const { hash, definition } of called) {
    const { workflow, on, steps } = definition;
    const { callingAeTitles, when, attributes } = on.received;
    if (callingAeTitles.length > 0 && !callingAeTitles.includes(instance.callingAeTitle)) {
      reasons.push(`${workflow}: not from ${instance.callingAeTitle}`);
      continue;
    }
    const group = steps.find((step) => step.kind === 'group');
    const registered = group && registry.uses.get(group.uses);
    if (group === undefined || registered?.kind !== 'group') {
      undecided = true;
      reasons.push(`${workflow}: its grouping is not installed`);
      continue;
    }
    try {
      if (when !== null) {
        const values = await readAttributes(file, attributes);
        const { calledAeTitle, callingAeTitle, sizeBytes, transferSyntaxUid } = instance;
        if (evaluate(when, { instance: { ...values, calledAeTitle, callingAeTitle, sizeBytes, transferSyntaxUid } }) !== true) {
          reasons.push(`${workflow}: its rule says no`);
          continue;
        }
      }
      const { grouping } = registered;
      const declared = grouping.attributes ?? [];
      const facts: InstanceFacts = { ...instance, attributes: declared.length === 0 ? {} : await readAttributes(file, declared) };
      const key = grouping.key(facts, group.with as never);
      if (key === null) reasons.push(`${workflow}: it lacks what ${group.uses} groups by`);
      else if (!validKey.test(key)) {
        undecided = true;
        reasons.push(`${workflow}: ${group.uses} gave a key that is not 1 to 64 printable characters without a slash`);
      } else claims.push({ workflow, key, workflowId: workflowIdOf(workflow, instance.calledAeTitle, key), definition: hash });
    } catch (error) {
      undecided = true;
      // The message is the evaluator's: it names types and names of the rule, never an attribute's value.
      reasons.push(`${workflow}: its rule could not be evaluated: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { sequence: instance.sequence, claims, why: reasons.join('; '), undecided: undecided && claims.length === 0 };
}
