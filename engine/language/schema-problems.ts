import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { childPointer } from './json-pointer.ts';
import { alternatives, type JsonSchema } from './json-schema.ts';
import { nearestName, suggest } from './nearest-name.ts';
import { meantErrors } from './schema-unions.ts';
import { describeValue, expected, spellings } from './schema-words.ts';

export interface SchemaProblem {
  readonly kind: 'unknown-key' | 'missing-key' | 'wrong-value' | 'unquoted' | 'duration' | 'ae-title';
  /** From the validated value. */
  readonly pointer: string;
  readonly which: 'key' | 'value';
  readonly message: string;
  readonly hint: string | null;
}

export interface SchemaWords {
  /** What the keys are called: `key`, `option`. */
  readonly noun: string;
  /** Behind an unknown or missing key: ` for step "dicom/export"`. */
  readonly of: string;
  /** How an unquoted scalar is spelled in the file. */
  spellingOf(pointer: string): string | null;
}

const ajv = new Ajv({ allErrors: true, verbose: true, strict: false, allowUnionTypes: true, validateFormats: false });
const compiled = new WeakMap<object, ValidateFunction>();

/** What is wrong with a value by its schema, as people who wrote the value would say it. `schema` is compiled once: keep it. */
export function schemaProblems(schema: JsonSchema, value: unknown, words: SchemaWords): readonly SchemaProblem[] {
  let validate = compiled.get(schema);
  if (!validate) {
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  if (validate(value)) return [];
  return meantErrors(validate.errors ?? []).map((error) => translate(error, words));
}

function translate(error: ErrorObject, words: SchemaWords): SchemaProblem {
  const { keyword, instancePath: pointer, params, parentSchema = {}, data } = error;
  const schema = parentSchema as JsonSchema;
  const value = (message: string, hint: string | null, kind: SchemaProblem['kind'] = 'wrong-value'): SchemaProblem => ({
    kind,
    pointer,
    which: 'value',
    message,
    hint,
  });

  if (error.propertyName !== undefined) {
    const { message, hint } = spellings[schema['x-gantry'] as keyof typeof spellings] ?? spellings.name;
    return {
      kind: 'wrong-value',
      pointer: childPointer(pointer, error.propertyName),
      which: 'key',
      message: message(`"${error.propertyName}"`),
      hint,
    };
  }
  switch (keyword) {
    case 'additionalProperties': {
      const name = params.additionalProperty as string;
      const known = Object.keys((schema.properties as object | undefined) ?? {});
      const message = `unknown ${words.noun} "${name}"${words.of}`;
      return {
        kind: 'unknown-key',
        pointer: childPointer(pointer, name),
        which: 'key',
        message,
        hint: suggest(name, known, `${words.noun}s`),
      };
    }
    case 'required': {
      const name = params.missingProperty as string;
      const description = (schema.properties as Record<string, JsonSchema> | undefined)?.[name]?.description;
      const hint = typeof description === 'string' ? description : null;
      return { kind: 'missing-key', pointer, which: 'key', message: `missing ${words.noun} "${name}"${words.of}`, hint };
    }
  }

  const wanted = keyword === 'anyOf' || keyword === 'oneOf' ? (error.schema as readonly JsonSchema[]).flatMap(alternatives) : [schema];
  const spelling = words.spellingOf(pointer) ?? String(data);
  if (typeof data === 'number' && wanted.some((choice) => takesText(choice, spelling))) {
    return value(`${spelling} is read as a number, where text is expected`, `quote it: "${spelling}"`, 'unquoted');
  }
  const special = spellings[schema['x-gantry'] as keyof typeof spellings];
  if (special && (keyword === 'pattern' || keyword === 'type')) {
    return value(special.message(describeValue(data, words.spellingOf(pointer))), special.hint, special.kind);
  }
  switch (keyword) {
    case 'type':
    case 'anyOf':
    case 'oneOf':
    case 'enum':
    case 'const': {
      const choices = wanted.flatMap(({ enum: listed, const: only }) =>
        Array.isArray(listed) ? listed : only === undefined ? [] : [only],
      );
      const near = typeof data === 'string' ? nearestName(data, choices.map(String)) : null;
      const hint = near !== null ? `did you mean "${near}"?` : schema.pattern === undefined ? null : patternHint(schema);
      return value(`${describeValue(data, words.spellingOf(pointer))} where ${expected(wanted)} is expected`, hint);
    }
    case 'pattern':
      return value(`${describeValue(data, null)} is not spelled as it must be`, patternHint(schema));
    default:
      return value(limitMessage(keyword, describeValue(data, words.spellingOf(pointer)), params.limit as number, error.message), null);
  }
}

/** Whether a scalar would do if it were quoted. */
const takesText = ({ type, pattern }: JsonSchema, text: string): boolean =>
  (type === 'string' || (Array.isArray(type) && type.includes('string'))) &&
  (typeof pattern !== 'string' || new RegExp(pattern).test(text));

function limitMessage(keyword: string, shown: string, limit: number, other: string | undefined): string {
  switch (keyword) {
    case 'minimum':
      return `${shown} is less than ${limit}`;
    case 'maximum':
      return `${shown} is more than ${limit}`;
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return limit === 1 ? `${shown} is empty` : `${shown} is too short: at least ${limit} are expected`;
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return `${shown} is too long: at most ${limit} are expected`;
    default:
      return `${shown} ${other ?? 'is not allowed here'}`;
  }
}

function patternHint({ examples, default: preset, description, pattern }: JsonSchema): string {
  const [example] = Array.isArray(examples) ? examples : [preset];
  const such = example === undefined ? `it must match ${String(pattern)}` : `such as ${JSON.stringify(example)}`;
  return typeof description === 'string' ? `${such}. ${description}` : such;
}
