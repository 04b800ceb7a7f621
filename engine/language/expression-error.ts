/**
 * An expression that cannot be read or evaluated. The message names the expression, its names and types, never a value:
 * rules read patients' attributes. Offsets count from the beginning of `source`.
 */
export class ExpressionError extends Error {
  readonly source: string;
  readonly start: number;
  readonly end: number;
  /** What is wrong, without the expression. */
  readonly reason: string;

  constructor(source: string, reason: string, start = 0, end = source.length) {
    super(`${reason}, in: ${source}`);
    this.name = 'ExpressionError';
    this.source = source;
    this.reason = reason;
    this.start = start;
    this.end = Math.max(end, start);
  }
}

/** What cel-js throws, for its three classes alike. */
interface CelError {
  readonly code: string;
  readonly summary: string;
  readonly range?: { readonly start: number; readonly end: number };
  readonly node?: { readonly op?: string; readonly args?: unknown };
}

const isCelError = (error: unknown): error is CelError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && 'summary' in error;

/** Words whose text is the author's own or names types: safe to repeat. The others carry the value they stumbled over. */
const safe = new Set([
  'no_such_overload',
  'no_matching_overload',
  'unknown_variable',
  'invalid_condition_type',
  'invalid_logical_operand',
  'invalid_comprehension_range',
  'incompatible_ternary_branches',
  'division_by_zero',
  'modulo_by_zero',
  'unsupported_type',
]);

/** `during` tells whether values may have come into the message: not before the expression is evaluated. */
export function expressionError(error: unknown, source: string, during: 'reading' | 'evaluation'): ExpressionError {
  if (error instanceof ExpressionError) return error;
  if (error instanceof RangeError) return new ExpressionError(source, error.message);
  if (!isCelError(error)) return new ExpressionError(source, 'it cannot be evaluated');
  const { start, end } = error.range ?? { start: 0, end: source.length };
  // The parser names one letter of what it met.
  const met = error.code === 'unexpected_character' && end > start ? `unexpected "${source.slice(start, end)}"` : null;
  return new ExpressionError(source, met ?? reasonOf(error, during), start, end);
}

/** The parser's names for what it met, as they are written. */
const tokens: Readonly<Record<string, string>> = {
  EOF: 'the end of the expression',
  LPAREN: '"("',
  RPAREN: '")"',
  LBRACKET: '"["',
  RBRACKET: '"]"',
  LBRACE: '"{"',
  RBRACE: '"}"',
  IDENTIFIER: 'a name',
  COLON: '":"',
  COMMA: '","',
  DOT: '"."',
  QUESTION: '"?"',
  PLUS: '"+"',
  MINUS: '"-"',
  MULTIPLY: '"*"',
  DIVIDE: '"/"',
  MODULO: '"%"',
  EQ: '"=="',
  NE: '"!="',
  LT: '"<"',
  LE: '"<="',
  GT: '">"',
  GE: '">="',
  AND: '"&&"',
  OR: '"||"',
  NOT: '"!"',
};

function reasonOf({ code, summary, node }: CelError, during: 'reading' | 'evaluation'): string {
  if (code === 'no_such_overload') return `${plainTypes(summary.replace('no such overload: ', ''))} is not defined`;
  if (code === 'no_matching_overload') return `there is no function ${plainTypes(summary.replace('found no matching overload for ', ''))}`;
  if (code === 'unknown_variable') return summary.replace('Unknown variable: ', 'unknown name ');
  if (code === 'no_such_key') {
    // With a dot the key stands in the expression; with brackets it may be a value.
    const key = node?.op === '.' && Array.isArray(node.args) && typeof node.args[1] === 'string' ? ` "${node.args[1]}"` : '';
    return `there is no key${key}`;
  }
  if (code === 'limit_exceeded') return summary.includes('maxDepth') ? 'it is nested too deeply' : 'it is too large';
  if (code === 'unexpected_token' || code === 'expected_token') {
    return summary.replace(/[A-Z]{2,}/g, (token) => tokens[token] ?? token.toLowerCase()).replace(/^\w/, (first) => first.toLowerCase());
  }
  if (during === 'reading' || safe.has(code)) return plainTypes(summary.charAt(0).toLowerCase() + summary.slice(1));
  return code.replaceAll('_', ' ');
}

/** `dyn<int>` says nothing more than `int` to somebody who writes a rule; registered types have generated names. */
const plainTypes = (text: string): string =>
  text
    .replaceAll(/dyn<([a-z_<>]+?)>/g, '$1')
    .replaceAll(/\$[A-Za-z0-9_.-]+/g, 'map')
    .replaceAll(/google\.protobuf\.(Timestamp|Duration)/g, (_, name: string) => name.toLowerCase());
