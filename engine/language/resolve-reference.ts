import { alternatives, childSchemas, isRecord, type JsonSchema } from './json-schema.ts';
import { describeKinds, kindsOfSchemas } from './kinds.ts';
import type { Names } from './names.ts';
import { nearestName, suggest } from './nearest-name.ts';
import type { Reference } from './references.ts';
import type { Range } from './text-position.ts';

export type Resolved =
  | { readonly known: true; readonly schemas: readonly JsonSchema[] }
  | { readonly known: false; readonly range: Range; readonly message: string; readonly hint: string | null };

/** Follows a reference through the schemas of its names: what it comes to, or the part of it that cannot be. */
export function resolveReference({ path, parts }: Reference, names: Names): Resolved {
  const [root, ...keys] = path.map(String) as [string, ...string[]];
  const start = names[root];
  if (start === undefined || !Object.hasOwn(names, root)) {
    return { known: false, range: parts[0] as Range, message: `unknown name "${root}"`, hint: suggest(root, Object.keys(names), 'names') };
  }
  let schemas = alternatives(start);
  for (const [index, key] of keys.entries()) {
    if (kindsOfSchemas(schemas) === 'any') return { known: true, schemas: [] };
    const next = schemas.flatMap((schema) => childSchemas(schema, key)).flatMap(alternatives);
    if (next.length === 0 && !schemas.some(isOpen)) {
      return { known: false, range: parts[index + 1] as Range, ...unknownKey([root, ...keys.slice(0, index)], key, schemas) };
    }
    schemas = next;
    if (next.length === 0) return { known: true, schemas: [] };
  }
  return { known: true, schemas };
}

/** Takes keys that it does not declare. An output schema that says nothing of others means only its own. */
const isOpen = ({ type, additionalProperties = false, properties, items }: JsonSchema): boolean =>
  (type === 'object' && (additionalProperties !== false || !isRecord(properties))) || (type === 'array' && items === undefined);

function unknownKey(
  path: readonly string[],
  key: string,
  schemas: readonly JsonSchema[],
): { readonly message: string; readonly hint: string | null } {
  const known = schemas.flatMap(({ properties }) => (isRecord(properties) ? Object.keys(properties) : []));
  const [root, step, output] = path;
  if (root === 'steps' && step === undefined)
    return { message: `unknown step "${key}"`, hint: suggest(key, known, 'steps before this one') };
  if (root === 'steps' && output === undefined) return { message: `a step has no "${key}"`, hint: `its result is steps["${step}"].output` };
  if (root === 'instance' && path.length === 1) return { message: `unknown attribute "${key}"`, hint: suggestAttribute(key, known) };
  const where = path.join('.');
  if (known.length > 0) return { message: `"${where}" has no "${key}"`, hint: suggest(key, known, 'it has') };
  return { message: `"${where}" is ${describeKinds(kindsOfSchemas(schemas))} and has no "${key}"`, hint: null };
}

/** The dictionary is too long to be listed. */
function suggestAttribute(key: string, known: readonly string[]): string {
  const near = nearestName(key, known);
  return near === null ? 'attributes are named by their keyword in PS3.6: SliceThickness' : `did you mean "${near}"?`;
}
