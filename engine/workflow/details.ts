import type { RunView, StepState } from './contract.ts';
import { label } from './label.ts';

const marks: Readonly<Record<StepState, string>> = {
  pending: '·',
  running: '▶',
  pausing: '⏸',
  parked: '🅿',
  succeeded: '✓',
  failed: '✗',
  skipped: '↷',
  cancelled: '⊘',
};

/** The progress table that the Web UI shows as a run's current details: Markdown, without outputs and without anything of a patient. */
export function renderDetails(view: RunView): string {
  const heading = `**${cell(view.title)}**: ${counted(view.instances, 'instance')}, ${view.stage}${view.waiting === 0 ? '' : `; ${counted(view.waiting, 'group')} waiting behind`}`;
  if (view.steps.length === 0) return heading;
  const rows = view.steps.map(
    ({ id, uses, state, attempts, error, note }) =>
      `| ${cell(id)} | ${cell(uses)} | ${marks[state]} ${state} | ${attempts === 0 ? '' : attempts} | ${cell(note ?? error?.message ?? '')} |`,
  );
  return [heading, '', '| step | uses | state | attempts | |', '|---|---|---|---|---|', ...rows].join('\n');
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const cell = (text: string): string => label(text).replaceAll(/[\\|`*_<>[\]]/g, (character) => `\\${character}`);
