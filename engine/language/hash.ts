import { createHash } from 'node:crypto';
import type { Definition, PinnedDefinition } from './definition.ts';

/** JSON with the keys of every object in the order of their code units: the same data gives the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(',')}}`;
}

/** A definition with its content hash: sha256 of its canonical JSON. */
export const pin = (definition: Definition): PinnedDefinition => ({
  hash: createHash('sha256').update(canonicalJson(definition)).digest('hex'),
  definition,
});
