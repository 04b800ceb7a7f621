import type { Scope } from './check-expression.ts';
import { compileExpression } from './compile-expression.ts';
import type { JsonSchema } from './json-schema.ts';
import { batchOutput, groupOutput, runNames } from './names.ts';
import type { StepDraft } from './read-steps.ts';
import { locateReferences } from './references.ts';
import { splitText } from './split-text.ts';

/** What the expressions of each step may name: outputs of the steps before it. Steps that refer to each other are told so. */
export function stepScopes(drafts: readonly StepDraft[]): ReadonlyMap<StepDraft, Scope> {
  const scopes = new Map<StepDraft, Scope>();
  const outputs = new Map<string, JsonSchema>();
  const ids = drafts.map(({ id }) => id);
  const mentioned = new Map(drafts.map(({ id, raw }) => [id, mentionedSteps([raw.with, raw.if])]));
  let collected = false;
  for (const [index, draft] of drafts.entries()) {
    const later = new Set(ids.slice(index).filter((id) => !outputs.has(id)));
    const before = [...outputs.keys()];
    scopes.set(draft, {
      names: runNames(new Map(outputs), collected),
      steps: ids,
      refuse: (step) => (later.has(step) ? refusal(draft.id, step, before, mentioned) : null),
    });
    outputs.set(draft.id, outputOf(draft));
    if (draft.registered?.kind === 'batch') collected = true;
  }
  return scopes;
}

function outputOf({ registered }: StepDraft): JsonSchema {
  if (registered === null) return {};
  if (registered.kind === 'step') return registered.step.output as unknown as JsonSchema;
  return registered.kind === 'group' ? groupOutput : batchOutput;
}

function refusal(
  from: string,
  to: string,
  before: readonly string[],
  mentioned: ReadonlyMap<string, ReadonlySet<string>>,
): { readonly message: string; readonly hint: string } {
  const hint = before.length === 0 ? 'no step stands before it' : `a step can read steps before it: ${before.join(', ')}`;
  if (from === to) return { message: `step "${from}" refers to itself`, hint };
  const back = pathBetween(to, from, mentioned);
  if (back === null) return { message: `step "${to}" comes after "${from}"`, hint };
  return { message: `steps refer to each other: ${[from, ...back].map((id) => `"${id}"`).join(' → ')}`, hint };
}

/** The shortest way from one step to another over what they mention; null where there is none. */
function pathBetween(from: string, to: string, mentioned: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | null {
  const queue: (readonly string[])[] = [[from]];
  const seen = new Set([from]);
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    for (const next of mentioned.get(path.at(-1) as string) ?? []) {
      if (next === to) return [...path, to];
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push([...path, next]);
    }
  }
  return null;
}

/** Ids that the expressions of a value name; what cannot be read is reported where the expression is checked. */
function mentionedSteps(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (at: unknown): void => {
    if (Array.isArray(at)) at.forEach(visit);
    else if (typeof at === 'object' && at !== null) Object.values(at).forEach(visit);
    else if (typeof at === 'string' && at.includes('${{')) for (const id of idsIn(at)) found.add(id);
  };
  visit(value);
  return found;
}

function idsIn(text: string): readonly string[] {
  try {
    return splitText(text)
      .flatMap((part) => (typeof part === 'string' ? [] : locateReferences(compileExpression(part.source))))
      .flatMap(({ path: [root, id] }) => (root === 'steps' && typeof id === 'string' ? [id] : []));
  } catch {
    return [];
  }
}
