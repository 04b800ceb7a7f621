import type { Environment } from '@marcbachmann/cel-js';
import type { ErrorCode } from '../errors/index.ts';
import { checkTypes, typedEnvironment } from './cel-types.ts';
import { type CompiledExpression, compileExpression } from './compile-expression.ts';
import { ExpressionError } from './expression-error.ts';
import { type Kinds, kindsOfSchemas } from './kinds.ts';
import type { Names } from './names.ts';
import { locateReferences, type Reference } from './references.ts';
import type { Finding, Report } from './report.ts';
import { resolveReference } from './resolve-reference.ts';
import type { Range } from './text-position.ts';

/** An expression in a file: the pointer of the text that holds it, and where in that text its source begins. */
export interface ExpressionPlace {
  readonly pointer: string;
  readonly source: string;
  readonly start: number;
}

/** What an expression may name, and what is known of steps that it may not. */
export interface Scope {
  readonly names: Names;
  /** Why a step of the workflow cannot be referred to here; null where it can, and for an id that is no step's. */
  refuse(step: string): { readonly message: string; readonly hint: string } | null;
  /** Ids of all steps, for what was meant by `steps.to-pacs`. */
  readonly steps: readonly string[];
}

/** Checks an expression's syntax, names and types. Answers the kinds it can come to; null where it has been reported. */
export function checkExpression({ pointer, source, start }: ExpressionPlace, scope: Scope, report: Report): Kinds | null {
  const tell = (range: Range, finding: Finding): void =>
    report.inside(pointer, { start: range.start + start, end: range.end + start }, finding);
  const compiled = orTell('GY210', tell, () => compileExpression(source));
  if (compiled === null) return null;
  const references = locateReferences(compiled);
  const kinds = checkReferences(references, source, scope, tell);
  if (kinds === null) return null;
  const typed = orTell('GY213', tell, () => checkTypes(source, environmentOf(scope.names)));
  // CEL's types know no sets of instances; where the expression is one name and nothing more, its schema says it.
  return typed !== null && isOneName(compiled, references) ? kinds : typed;
}

function orTell<T>(code: ErrorCode, tell: (range: Range, finding: Finding) => void, check: () => T): T | null {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    tell(error, { code, message: error.reason });
    return null;
  }
}

/** The kinds of the last reference; null where one of them has been reported. */
function checkReferences(
  references: readonly Reference[],
  source: string,
  scope: Scope,
  tell: (range: Range, finding: Finding) => void,
): Kinds | null {
  const subtracted = references.map((reference) => subtractedStep(reference, source, scope.steps)).find((found) => found !== null);
  if (subtracted) {
    const { id, range } = subtracted;
    tell(range, { code: 'GY211', message: `steps.${id} is read as a subtraction`, hint: `write steps["${id}"]` });
    return null;
  }
  let kinds: Kinds | null = 'any';
  for (const reference of references) {
    const [root, step] = reference.path;
    const refused = root === 'steps' && typeof step === 'string' ? scope.refuse(step) : null;
    const resolved = refused === null ? resolveReference(reference, scope.names) : null;
    if (refused !== null) tell(reference.parts[1] as Range, { code: 'GY212', ...refused });
    else if (resolved?.known === false) tell(resolved.range, { code: 'GY211', message: resolved.message, hint: resolved.hint });
    if (resolved?.known === true) kinds &&= kindsOfSchemas(resolved.schemas);
    else kinds = null;
  }
  return kinds;
}

function isOneName({ ast }: CompiledExpression, references: readonly Reference[]): boolean {
  const [only] = references;
  const isPath = ast.op === 'id' || ast.op === '.' || ast.op === '[]';
  return isPath && references.length === 1 && only !== undefined && !only.computed && only.parts.at(-1)?.end === ast.end;
}

/** `steps.to-pacs` is `steps.to` minus `pacs`: CEL names have no hyphens. */
function subtractedStep(
  { path, parts }: Reference,
  source: string,
  steps: readonly string[],
): { readonly id: string; readonly range: Range } | null {
  const [root, step] = path;
  const part = parts[1];
  if (root !== 'steps' || part === undefined || source[part.end] !== '-') return null;
  const meant = steps.filter((known) => known.startsWith(`${step}-`) && source.startsWith(known, part.start));
  const [id] = meant.sort((a, b) => b.length - a.length);
  return id === undefined ? null : { id, range: { start: part.start, end: part.start + id.length } };
}

/** Names are made once for a place, and typed once. */
const environments = new WeakMap<Names, Environment>();

function environmentOf(names: Names): Environment {
  let environment = environments.get(names);
  if (!environment) {
    environment = typedEnvironment(names);
    environments.set(names, environment);
  }
  return environment;
}
