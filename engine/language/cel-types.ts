import type { Environment } from '@marcbachmann/cel-js';
import { celEnvironment } from './cel-environment.ts';
import { ExpressionError, expressionError } from './expression-error.ts';
import { alternatives, isRecord, type JsonSchema } from './json-schema.ts';
import { type Kinds, kindsOfCelType } from './kinds.ts';

type CelType = string | { [key: string]: CelType };

/** More keys than anybody declares for a step: the attributes of an instance. Their values have no declared type. */
const manyKeys = 200;

/** An environment in which each name has the type that its schema gives; where a schema leaves a choice, the name may be anything. */
export function typedEnvironment(names: Readonly<Record<string, JsonSchema>>): Environment {
  const environment = celEnvironment({ unlistedVariablesAreDyn: false });
  for (const [name, schema] of Object.entries(names)) {
    const type = celType(schema);
    if (typeof type === 'string') environment.registerVariable(name, type);
    else environment.registerVariable({ name, schema: type as Record<string, string> });
  }
  return environment;
}

/** The kinds an expression can come to. Throws ExpressionError where its types do not fit together, or a function is unknown. */
export function checkTypes(source: string, environment: Environment): Kinds {
  const { valid, type, error } = environment.check(source);
  if (valid && type !== undefined) return kindsOfCelType(type);
  throw error === undefined ? new ExpressionError(source, 'it cannot be checked') : expressionError(error, source, 'reading');
}

function celType(schema: JsonSchema): CelType {
  const [only, ...others] = alternatives(schema);
  if (only === undefined || others.length > 0) return 'dyn';
  switch (only.type) {
    case 'string':
      return 'string';
    case 'integer':
      return 'int';
    case 'boolean':
      return 'bool';
    case 'array': {
      const items = isRecord(only.items) ? celType(only.items) : 'dyn';
      return typeof items === 'string' && items !== 'dyn' && items !== 'map' ? `list<${items}>` : 'list';
    }
    case 'object': {
      const { properties, additionalProperties = false } = only;
      const keys = Object.entries(isRecord(properties) ? properties : {});
      if (additionalProperties !== false || keys.length === 0 || keys.length > manyKeys) return 'map';
      return Object.fromEntries(keys.map(([key, property]) => [key, celType(property as JsonSchema)]));
    }
    // A JSON number may be an int or a double.
    default:
      return 'dyn';
  }
}
