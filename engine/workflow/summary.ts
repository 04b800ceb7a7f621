import { label } from './label.ts';

/** Fills a step's summary: `{option}` becomes the option's value, in words. A place that names no option is left empty. */
export function renderSummary(summary: string, options: Readonly<Record<string, unknown>>): string {
  return label(summary.replaceAll(/\{([\w-]+)\}/g, (_, name: string) => inWords(Object.hasOwn(options, name) ? options[name] : undefined)));
}

function inWords(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(inWords).join(', ');
  if (typeof value !== 'object') return String(value);
  // A set of instances: its reference says nothing to people, its size does.
  if ('set' in value && 'count' in value) return `${value.count} instances`;
  return JSON.stringify(value);
}
