import { isRecord, type JsonSchema } from './json-schema.ts';

/** Where the schema of an expression is referred to. */
export const expressionRef = '#/definitions/expression';

export const expressionSchema: JsonSchema = {
  type: 'string',
  pattern: '\\$\\{\\{',
  description: 'An expression in CEL: ${{ steps.nodules.output.instances.count > 0 }}',
};

/** A schema that takes an expression wherever a value below its root is: in properties and in items. */
export function allowExpressions(schema: JsonSchema): JsonSchema {
  return mapChildren(schema, (child) => ({ anyOf: [allowExpressions(child), { $ref: expressionRef }], ...annotations(child) }));
}

/** Editors show these from the outer schema. */
function annotations({ description, default: preset }: JsonSchema): JsonSchema {
  return { ...(description === undefined ? {} : { description }), ...(preset === undefined ? {} : { default: preset }) };
}

function mapChildren(schema: JsonSchema, wrap: (child: JsonSchema) => JsonSchema): JsonSchema {
  const mapped: Record<string, unknown> = { ...schema };
  for (const key of ['properties', 'patternProperties'] as const) {
    const children = schema[key];
    if (isRecord(children))
      mapped[key] = Object.fromEntries(Object.entries(children).map(([name, child]) => [name, wrap(child as JsonSchema)]));
  }
  for (const key of ['additionalProperties', 'items'] as const) {
    const child = schema[key];
    if (isRecord(child)) mapped[key] = wrap(child);
    else if (Array.isArray(child)) mapped[key] = child.map((item: JsonSchema) => wrap(item));
  }
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    const branches = schema[key];
    if (Array.isArray(branches)) mapped[key] = branches.map((branch: JsonSchema) => mapChildren(branch, wrap));
  }
  // A property with a default is never missing.
  if (Array.isArray(schema.required) && isRecord(schema.properties)) {
    const { properties } = schema;
    mapped.required = schema.required.filter((name: string) => (properties[name] as JsonSchema | undefined)?.default === undefined);
  }
  return mapped;
}
