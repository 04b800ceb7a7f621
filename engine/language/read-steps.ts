import type { PluginRegistry, Registered } from '../plugin/index.ts';
import { childPointer } from './json-pointer.ts';
import { isRecord, type JsonSchema } from './json-schema.ts';
import { suggest } from './nearest-name.ts';
import type { Report } from './report.ts';

/** A step as it stands in the file, with what is known of it. */
export interface StepDraft {
  readonly list: 'steps' | 'finally';
  readonly pointer: string;
  readonly id: string;
  readonly raw: Readonly<Record<string, unknown>>;
  /** Null where no plugin brings what it uses; that has been reported. */
  readonly registered: Registered | null;
}

const reclaimStep = 'storage/reclaim';

/** The steps of a workflow in the order in which they run. Reports unknown names in `uses`, and ids that stand twice. */
export function readSteps(workflow: Readonly<Record<string, unknown>>, registry: PluginRegistry, report: Report): readonly StepDraft[] {
  const entries = (['steps', 'finally'] as const).flatMap((list) => {
    const steps = workflow[list];
    return (Array.isArray(steps) ? steps : []).flatMap((raw: unknown, index) =>
      isRecord(raw) ? [{ list, pointer: childPointer(`/${list}`, index), raw }] : [],
    );
  });
  const taken = new Set(entries.flatMap(({ raw }) => (typeof raw.id === 'string' ? [raw.id] : [])));
  const given = new Set<string>();
  const drafts = entries.map(({ list, pointer, raw }): StepDraft => {
    const registered = resolveUses(raw.uses, pointer, registry, report);
    if (typeof raw.id !== 'string') return { list, pointer, raw, registered, id: derivedId(raw.uses, taken) };
    if (given.has(raw.id)) {
      const hint = 'outputs are addressed by id: give each step one of its own';
      report.at(`${pointer}/id`, 'value', { code: 'GY208', message: `duplicate step id "${raw.id}"`, hint });
    }
    given.add(raw.id);
    return { list, pointer, raw, registered, id: raw.id };
  });

  const reclaim = registry.uses.get(reclaimStep);
  if (reclaim === undefined || drafts.some(({ raw }) => raw.uses === reclaimStep)) return drafts;
  const added: StepDraft = { list: 'finally', pointer: '/finally', raw: {}, registered: reclaim, id: derivedId(reclaimStep, taken) };
  return [...drafts, added];
}

function resolveUses(uses: unknown, pointer: string, registry: PluginRegistry, report: Report): Registered | null {
  // A missing or wrongly typed `uses` is reported by the shape.
  if (typeof uses !== 'string') return null;
  const registered = registry.uses.get(uses);
  if (registered) return registered;
  const hint = suggest(uses, [...registry.uses.keys()], 'installed');
  report.at(`${pointer}/uses`, 'value', { code: 'GY207', message: `unknown step "${uses}"`, hint });
  return null;
}

/** `dicom/export` → `export`, `export-2`, …: what an author would have written. */
function derivedId(uses: unknown, taken: Set<string>): string {
  const last = typeof uses === 'string' ? uses.split('/').at(-1) : undefined;
  const base = last === undefined || last === '' ? 'step' : last;
  let id = base;
  for (let number = 2; taken.has(id); number++) id = `${base}-${number}`;
  taken.add(id);
  return id;
}

/** What the author of a plugin declared for what a step uses. */
export function declared(registered: Registered): { readonly title: string; readonly description: string; readonly options: JsonSchema } {
  const entry = registered.kind === 'step' ? registered.step : registered.kind === 'group' ? registered.grouping : registered.batching;
  return { title: entry.title, description: entry.description, options: entry.options as unknown as JsonSchema };
}
