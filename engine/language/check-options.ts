import { allowExpressions, expressionSchema } from './allow-expressions.ts';
import type { Scope } from './check-expression.ts';
import { checkText } from './check-text.ts';
import { childPointer } from './json-pointer.ts';
import { isRecord, type JsonSchema, schemasAt, withDefaults } from './json-schema.ts';
import { kindsOfSchemas } from './kinds.ts';
import { optionCodes } from './language-codes.ts';
import { suggest } from './nearest-name.ts';
import { declared, type StepDraft } from './read-steps.ts';
import type { Report } from './report.ts';
import { schemaProblems } from './schema-problems.ts';
import { expressionKey } from './template.ts';
import type { YamlDocument } from './yaml.ts';

/** Names of the configuration that options can refer to. */
export interface ConfiguredNames {
  readonly jobs: readonly string[];
  readonly destinations: readonly string[];
}

/** Checks `with` against what the plugin declares, and answers it with the defaults filled in. */
export function checkOptions(
  draft: StepDraft,
  scope: Scope,
  configured: ConfiguredNames,
  document: YamlDocument,
  report: Report,
): Readonly<Record<string, unknown>> {
  const { registered, raw } = draft;
  // What is no map is reported by the shape.
  const given = isRecord(raw.with) ? raw.with : {};
  if (registered === null) return given;
  const pointer = `${draft.pointer}/with`;
  const { options } = declared(registered);
  const filled = withDefaults(options, given) as Readonly<Record<string, unknown>>;
  const words = {
    noun: 'option',
    of: ` for step "${registered.name}"`,
    spellingOf: (at: string) => document.spellingOf(pointer + at),
  };
  for (const { kind, pointer: at, which, message, hint } of schemaProblems(optionsSchema(options), filled, words)) {
    report.at(pointer + at, which, { code: optionCodes[kind], message, hint });
  }
  visit(given, []);
  return filled;

  function visit(value: unknown, path: readonly string[]): void {
    const at = path.reduce<string>(childPointer, pointer);
    if (typeof value === 'string') checkString(value, path, at);
    else if (Array.isArray(value)) for (const [index, entry] of value.entries()) visit(entry, [...path, String(index)]);
    else if (isRecord(value)) {
      if (Object.hasOwn(value, expressionKey)) {
        const finding = { code: 'GY203', message: `"${expressionKey}" is reserved`, hint: 'write an expression as ${{ … }}' } as const;
        report.at(childPointer(at, expressionKey), 'key', finding);
      }
      for (const [key, entry] of Object.entries(value)) visit(entry, [...path, key]);
    }
  }

  function checkString(value: string, path: readonly string[], at: string): void {
    const schemas = schemasAt(options, path);
    if (!value.includes('${{')) checkName(value, schemas, at, configured, report);
    else if (registered?.kind === 'group') {
      const hint = 'instances are grouped before a run exists: write the value itself';
      report.at(at, 'value', { code: 'GY221', message: 'options of a grouping cannot be expressions', hint });
    } else checkText(at, value, kindsOfSchemas(schemas), scope, report);
  }
}

/** By the plugin's schemas, so that each is compiled once. */
const optionSchemas = new WeakMap<JsonSchema, JsonSchema>();

function optionsSchema(options: JsonSchema): JsonSchema {
  let schema = optionSchemas.get(options);
  if (!schema) {
    schema = { ...allowExpressions(options), definitions: { expression: expressionSchema } };
    optionSchemas.set(options, schema);
  }
  return schema;
}

function checkName(
  value: string,
  schemas: readonly JsonSchema[],
  at: string,
  { jobs, destinations }: ConfiguredNames,
  report: Report,
): void {
  const refersTo = (what: string): boolean => schemas.some((schema) => schema['x-gantry'] === what);
  if (refersTo('job') && !jobs.includes(value)) {
    const hint = suggest(value, jobs, 'jobs') ?? 'the configuration has no jobs';
    report.at(at, 'value', { code: 'GY215', message: `unknown job "${value}"`, hint });
  }
  if (refersTo('destination') && !destinations.includes(value)) {
    const hint = suggest(value, destinations, 'destinations') ?? 'the configuration has no destinations';
    report.at(at, 'value', { code: 'GY216', message: `unknown destination "${value}"`, hint });
  }
}
