import type { PluginRegistry, Registered } from '../plugin/index.ts';
import type { StepDraft } from './read-steps.ts';
import type { Report } from './report.ts';

const places = [
  { kind: 'group', index: 0, place: 'first', does: 'says which instances belong together' },
  { kind: 'batch', index: 1, place: 'second', does: 'says when a group is complete' },
] as const;

/** One grouping first, one batching second, neither anywhere else: a run collects before it does anything. */
export function checkOrder(drafts: readonly StepDraft[], registry: PluginRegistry, report: Report): void {
  const steps = drafts.filter(({ list }) => list === 'steps');
  for (const { kind, index, place, does } of places) {
    const installed = [...registry.uses.values()].filter((registered) => registered.kind === kind).map(({ name }) => name);
    const hint = `the ${place} step ${does}: ${installed.join(', ') || `no plugin brings a ${kind}/ step`}`;
    const draft = steps[index];
    if (draft === undefined) report.at('/steps', 'key', { code: 'GY214', message: `the ${place} step is missing`, hint });
    else if (draft.registered !== null && draft.registered.kind !== kind) {
      const message = `the ${place} step must be a ${kind}/ step, not "${draft.registered.name}"`;
      report.at(`${draft.pointer}/uses`, 'value', { code: 'GY214', message, hint });
    }
  }
  for (const draft of drafts) {
    const wanted = places.find(({ kind }) => kind === draft.registered?.kind);
    // At the first two places the errors above say it.
    if (wanted === undefined || steps.indexOf(draft) === 0 || steps.indexOf(draft) === 1) continue;
    const message = `"${(draft.registered as Registered).name}" can only be the ${wanted.place} step`;
    report.at(`${draft.pointer}/uses`, 'value', { code: 'GY214', message, hint: 'a workflow groups once and batches once' });
  }
}
