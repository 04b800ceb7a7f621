import type { ASTNode } from '@marcbachmann/cel-js';
import { celEnvironment, maxSourceLength } from './cel-environment.ts';
import { fromCel, toCel } from './cel-values.ts';
import { ExpressionError, expressionError } from './expression-error.ts';

export interface CompiledExpression {
  readonly source: string;
  readonly ast: ASTNode;
  /** JSON in, JSON out; of `names` only what the expression mentions is looked at. Throws ExpressionError. */
  evaluate(names: Readonly<Record<string, unknown>>): unknown;
}

const environment = celEnvironment({ unlistedVariablesAreDyn: true });

/** Reads an expression: CEL, without the delimiters. Throws ExpressionError for bad syntax and for what is too long or too deep. */
export function compileExpression(source: string): CompiledExpression {
  if (source.trim() === '') throw new ExpressionError(source, 'the expression is empty');
  if (source.length > maxSourceLength) {
    throw new ExpressionError(`${source.slice(0, 60)}…`, `the expression is longer than ${maxSourceLength} characters`);
  }
  try {
    const parsed = environment.parse(source);
    return {
      source,
      ast: parsed.ast,
      evaluate(names) {
        const mentioned = Object.entries(names).filter(([name]) => source.includes(name));
        try {
          return fromCel(parsed(Object.fromEntries(mentioned.map(([name, value]) => [name, toCel(value)]))));
        } catch (error) {
          throw expressionError(error, source, 'evaluation');
        }
      },
    };
  } catch (error) {
    throw expressionError(error, source, 'reading');
  }
}

/** Evaluates once; where the same expression is evaluated often, compile it. Throws ExpressionError. */
export function evaluate(source: string, names: Readonly<Record<string, unknown>>): unknown {
  return compileExpression(source).evaluate(names);
}

/** For `if` and `when`: what is not true or false is an error, never taken for one of them. */
export function evaluateCondition(source: string, names: Readonly<Record<string, unknown>>): boolean {
  const value = evaluate(source, names);
  if (typeof value !== 'boolean') throw new ExpressionError(source, `a condition must be true or false, and this is ${kindOf(value)}`);
  return value;
}

/** The kind of a JSON value, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'text';
  return typeof value === 'number' ? 'a number' : String(typeof value);
}
