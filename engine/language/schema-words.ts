import type { JsonSchema } from './json-schema.ts';

/** A value as a message shows it: texts quoted and cut, collections by their kind. */
export function describeValue(value: unknown, spelling: string | null): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'object') return 'a map';
  if (typeof value !== 'string') return spelling ?? String(value);
  return `"${value.length > 60 ? `${value.slice(0, 59)}…` : value}"`;
}

const typeWords: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'nothing',
};

/** What schemas ask for: `text or a list`, `"lower" or "normal"`. */
export function expected(schemas: readonly JsonSchema[]): string {
  const words = schemas.flatMap((schema) => {
    if (Array.isArray(schema.enum)) return schema.enum.map((choice) => JSON.stringify(choice));
    if (schema.const !== undefined) return [JSON.stringify(schema.const)];
    const types = Array.isArray(schema.type) ? schema.type : [schema.type];
    return types.map((type) => typeWords[String(type)] ?? 'another value');
  });
  const unique = [...new Set(words)];
  return unique.length < 2 ? (unique[0] ?? 'another value') : `${unique.slice(0, -1).join(', ')} or ${unique.at(-1)}`;
}

interface Spelling {
  readonly kind: 'wrong-value' | 'duration' | 'ae-title';
  message(value: string): string;
  readonly hint: string;
}

/** Texts with a form of their own, by the schema's `x-gantry`. */
export const spellings = {
  duration: {
    kind: 'duration',
    message: (value) => `${value} is not a duration`,
    hint: 'write a whole number and a unit: 500ms, 30s, 15m, 2h, 7d',
  },
  'ae-title': {
    kind: 'ae-title',
    message: (value) => `${value} is not an AE title`,
    hint: '1 to 16 ASCII characters without backslash (PS3.5 §6.2), quoted where YAML would read a number',
  },
  name: {
    kind: 'wrong-value',
    message: (value) => `${value} is not a name`,
    hint: 'a letter, then letters, digits, - and _, at most 64 in all',
  },
  'workflow-name': {
    kind: 'wrong-value',
    message: (value) => `${value} is not a name of a workflow`,
    hint: 'a lower-case letter, then lower-case letters, digits and hyphens, at most 64 in all',
  },
  'error-code': {
    kind: 'wrong-value',
    message: (value) => `${value} is not an error code`,
    hint: 'codes are CamelCase, as the plugin documents them: AssociationRejected',
  },
} as const satisfies Readonly<Record<string, Spelling>>;
