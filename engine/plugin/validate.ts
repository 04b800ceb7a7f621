import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';
import { type ErrorCode, GantryError } from '../errors/index.ts';

const ajv = new Ajv({ allErrors: true, useDefaults: true, verbose: true, strict: false, allowUnionTypes: true });
// Annotations of options that the workflow check understands; they constrain nothing here.
ajv.addVocabulary(['x-gantry']);

/** Compiling costs milliseconds, and schemas live as long as their plugin. */
const compiled = new WeakMap<object, ValidateFunction>();

function check(schema: TSchema, value: unknown, code: ErrorCode, noun: string, where: string): void {
  let validate = compiled.get(schema);
  if (!validate) {
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  if (validate(value)) return;
  const problems = [...new Set((validate.errors ?? []).map((error) => describe(error, noun)))];
  const more = problems.length > 5 ? `; and ${problems.length - 5} more` : '';
  throw new GantryError(code, `${where}: ${problems.slice(0, 5).join('; ')}${more}`);
}

/** What is wrong, without the value: it may come from an expression. */
function describe({ keyword, instancePath, params, message, parentSchema }: ErrorObject, noun: string): string {
  const path = instancePath.slice(1).replaceAll('/', '.');
  const named = path === '' ? `the ${noun}s` : `${noun} "${path}"`;
  if (keyword === 'additionalProperties') {
    const known = Object.keys((parentSchema?.properties as object | undefined) ?? {});
    return `unknown ${noun} "${[path, params.additionalProperty].filter((part) => part !== '').join('.')}" (${noun}s: ${known.join(', ') || 'none'})`;
  }
  if (keyword === 'required') return `${noun} "${[path, params.missingProperty].filter((part) => part !== '').join('.')}" is missing`;
  if (keyword === 'pattern' && parentSchema?.['x-gantry'] === 'duration') return `${named} is not a duration such as 30s, 15m or 2h`;
  if (keyword === 'enum') return `${named} is none of ${(params.allowedValues as unknown[]).map(String).join(', ')}`;
  if (keyword === 'const') return `${named} is not ${String(params.allowedValue)}`;
  return `${named} ${message ?? 'is not valid'}`;
}

/**
 * The options a plugin is called with: a copy, with the schema's defaults filled in.
 * `where` names the plugin's entry for the message. Throws GY601.
 */
export function validateOptions(
  schema: TSchema,
  options: Readonly<Record<string, unknown>>,
  where: string,
): Readonly<Record<string, unknown>> {
  const copy = structuredClone(options) as Record<string, unknown>;
  check(schema, copy, 'GY601', 'option', where);
  return copy;
}

/** What a step returned, as JSON: what the schema does not allow throws GY602, and so does what JSON cannot hold. */
export function validateOutput(schema: TSchema, output: unknown, where: string): unknown {
  let copy: unknown;
  try {
    const text = JSON.stringify(output);
    copy = text === undefined ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new GantryError('GY602', `${where}: the output is not JSON`, { cause });
  }
  if (copy === undefined) throw new GantryError('GY602', `${where}: there is no output`);
  check(schema, copy, 'GY602', 'output', where);
  return copy;
}
