/** A JSON Schema, draft-07, as plain data. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A schema's alternatives, unions unfolded; itself where it is none. */
export function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const branches = [schema.anyOf, schema.oneOf].find(Array.isArray) as readonly JsonSchema[] | undefined;
  return branches === undefined ? [schema] : branches.flatMap(alternatives);
}

/** The schemas that hold for an object's property or a list's item; empty where nothing is said. */
export function childSchemas(schema: JsonSchema, key: string): readonly JsonSchema[] {
  return alternatives(schema).flatMap((branch): readonly JsonSchema[] => {
    const { properties, patternProperties, additionalProperties, items } = branch;
    if (isRecord(properties) && Object.hasOwn(properties, key)) return [properties[key] as JsonSchema];
    const matching = Object.entries(isRecord(patternProperties) ? patternProperties : {}).find(([pattern]) =>
      new RegExp(pattern).test(key),
    );
    if (matching) return [matching[1] as JsonSchema];
    if (Array.isArray(items)) return isRecord(items[Number(key)]) ? [items[Number(key)] as JsonSchema] : [];
    if (isRecord(items)) return /^\d+$/.test(key) ? [items] : [];
    return isRecord(additionalProperties) ? [additionalProperties] : [];
  });
}

/** The schemas that hold at a place below. */
export const schemasAt = (schema: JsonSchema, path: readonly string[]): readonly JsonSchema[] =>
  path.reduce<readonly JsonSchema[]>((schemas, key) => schemas.flatMap((at) => childSchemas(at, key)), [schema]).flatMap(alternatives);

/**
 * A value with the schema's defaults where it says nothing, at any depth. (ajv's own `useDefaults` passes over those below
 * `anyOf`, where expressions put them.)
 */
export function withDefaults(schema: JsonSchema, value: unknown): unknown {
  if (value === undefined) return schema.default === undefined ? undefined : withDefaults(schema, structuredClone(schema.default));
  const { properties = {}, additionalProperties, items } = schema;
  if (Array.isArray(value)) return isRecord(items) ? value.map((item) => withDefaults(items, item)) : value;
  if (!isRecord(value) || !isRecord(properties)) return value;
  const filled = new Map(Object.entries(value));
  for (const key of new Set([...Object.keys(value), ...Object.keys(properties)])) {
    const own = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    const entry = isRecord(own) ? withDefaults(own, value[key]) : value[key];
    if (entry !== undefined) filled.set(key, entry);
  }
  return Object.fromEntries(filled);
}
