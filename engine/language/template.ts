import { evaluate, kindOf } from './compile-expression.ts';
import type { Template } from './definition.ts';
import { ExpressionError } from './expression-error.ts';
import { soleExpression, splitText } from './split-text.ts';

/** The key that marks an expression in a template; no map of a workflow may have it. */
export const expressionKey = '$expression';

/**
 * JSON as read from YAML, made a template: a text that is one `${{ … }}` becomes `{ $expression }`; a text with expressions
 * inside stays as it is and is read again by `resolveTemplate`. Throws ExpressionError for an expression that is not closed.
 */
export function toTemplate(value: unknown): Template {
  if (typeof value === 'string') {
    const sole = value.includes('${{') ? soleExpression(value) : null;
    return sole === null ? value : { [expressionKey]: sole.source };
  }
  if (Array.isArray(value)) return value.map(toTemplate);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toTemplate(entry)]));
  }
  return value as null | boolean | number;
}

/**
 * A template's value: an expression that stands alone keeps its type; inside text, texts, numbers and booleans are written out
 * and anything else is an error. Throws ExpressionError.
 */
export function resolveTemplate(template: Template, names: Readonly<Record<string, unknown>>): unknown {
  if (typeof template === 'string') return template.includes('${{') ? resolveText(template, names) : template;
  if (template === null || typeof template !== 'object') return template;
  if (isList(template)) return template.map((entry) => resolveTemplate(entry, names));
  if (typeof template[expressionKey] === 'string') return evaluate(template[expressionKey], names);
  return Object.fromEntries(Object.entries(template).map(([key, entry]) => [key, resolveTemplate(entry, names)]));
}

function resolveText(text: string, names: Readonly<Record<string, unknown>>): string {
  return splitText(text)
    .map((part) => {
      if (typeof part === 'string') return part;
      const value = evaluate(part.source, names);
      if (typeof value === 'object') throw new ExpressionError(part.source, `${kindOf(value)} cannot stand inside text`);
      return String(value);
    })
    .join('');
}

// Array.isArray does not narrow a readonly array (TypeScript issue 17002).
const isList = (value: Template): value is readonly Template[] => Array.isArray(value);
