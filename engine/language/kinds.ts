import type { JsonSchema } from './json-schema.ts';

/** What a value can be, as far as it is known before a run. `instances`: a set of DICOM files, by reference. */
export type Kind = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'null' | 'instances';
export type Kinds = ReadonlySet<Kind> | 'any';

export const kinds = (...known: readonly Kind[]): Kinds => new Set(known);

/** The kinds that schemas, each an alternative of the others, allow. */
export function kindsOfSchemas(schemas: readonly JsonSchema[]): Kinds {
  if (schemas.length === 0) return 'any';
  const found = new Set<Kind>();
  for (const schema of schemas) {
    if (schema['x-gantry'] === 'instances') found.add('instances');
    else if (typeof schema.type === 'string') found.add(schema.type as Kind);
    else if (Array.isArray(schema.type)) for (const type of schema.type) found.add(type as Kind);
    else if (Array.isArray(schema.enum) || schema.const !== undefined) {
      for (const choice of Array.isArray(schema.enum) ? schema.enum : [schema.const]) found.add(kindOfJson(choice));
    } else return 'any';
  }
  return found;
}

function kindOfJson(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : (typeof value as Kind);
}

const celKinds: Readonly<Record<string, Kind>> = {
  bool: 'boolean',
  int: 'integer',
  uint: 'integer',
  double: 'number',
  string: 'string',
  list: 'array',
  map: 'object',
  null: 'null',
  'google.protobuf.Timestamp': 'string',
};

/** The kind of a type that cel-js names; an empty set for a type that JSON has not (bytes, durations, types). */
export function kindsOfCelType(type: string): Kinds {
  if (type === 'dyn' || type.startsWith('dyn<') || type.startsWith('optional')) return 'any';
  // Registered types are maps with known keys; their names are made up.
  if (type.startsWith('$')) return kinds('object');
  const kind = celKinds[type.replace(/<.*$/, '')];
  return kind === undefined ? kinds() : kinds(kind);
}

/** Whether a value of the given kinds may be what is wanted. A number may happen to be whole; a set of instances is a map. */
export function mayBe(given: Kinds, wanted: Kinds): boolean {
  if (given === 'any' || wanted === 'any') return true;
  for (const kind of given) {
    if (wanted.has(kind)) return true;
    if ((kind === 'integer' && wanted.has('number')) || (kind === 'number' && wanted.has('integer'))) return true;
    if (kind === 'instances' && wanted.has('object')) return true;
  }
  return false;
}

const words: Readonly<Record<Kind, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  null: 'nothing',
  instances: 'a set of instances',
};

export function describeKinds(given: Kinds): string {
  if (given === 'any') return 'any value';
  const named = [...given].map((kind) => words[kind]);
  if (named.length === 0) return 'of a kind that JSON has not';
  return named.length === 1 ? (named[0] as string) : `${named.slice(0, -1).join(', ')} or ${named.at(-1)}`;
}
