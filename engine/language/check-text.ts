import { checkExpression, type Scope } from './check-expression.ts';
import { ExpressionError } from './expression-error.ts';
import { describeKinds, type Kinds, kinds, mayBe } from './kinds.ts';
import type { Report } from './report.ts';
import { soleExpression, splitText } from './split-text.ts';

/** What can stand inside text: it is written out. */
const writable = kinds('string', 'integer', 'number', 'boolean');

/** Checks a text with expressions in it, and that what it comes to can be what is wanted there. */
export function checkText(pointer: string, text: string, wanted: Kinds, scope: Scope, report: Report): void {
  try {
    const sole = soleExpression(text);
    if (sole !== null) {
      const given = checkExpression({ pointer, ...sole }, scope, report);
      if (given !== null && !mayBe(given, wanted)) {
        const message = `the expression is ${describeKinds(given)}, where ${describeKinds(wanted)} is expected`;
        report.at(pointer, 'value', { code: 'GY213', message });
      }
      return;
    }
    for (const part of splitText(text)) {
      if (typeof part === 'string') continue;
      const given = checkExpression({ pointer, ...part }, scope, report);
      if (given === null || mayBe(given, writable)) continue;
      const range = { start: part.start, end: part.start + part.source.length };
      report.inside(pointer, range, { code: 'GY213', message: `${describeKinds(given)} cannot stand inside text` });
    }
    if (!mayBe(kinds('string'), wanted)) {
      const hint = `an expression that is alone keeps its type: remove what stands around \${{ … }}`;
      report.at(pointer, 'value', { code: 'GY213', message: `text, where ${describeKinds(wanted)} is expected`, hint });
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    // A comment is the usual thief of an end: YAML cuts a plain text at " #".
    const hint = 'close it with }}, and quote the whole if it holds " #"';
    report.inside(pointer, error, { code: 'GY210', message: error.reason, hint });
  }
}

/** The source of an `if` or a `when`, checked; null where there is none, or it has been reported. */
export function checkCondition(pointer: string, condition: unknown, scope: Scope, report: Report): string | null {
  if (typeof condition === 'boolean') return String(condition);
  if (typeof condition !== 'string') return null;
  if (!condition.includes('${{')) {
    report.at(pointer, 'value', { code: 'GY224', message: 'a condition is an expression', hint: `write it as \${{ ${condition} }}` });
    return null;
  }
  checkText(pointer, condition, kinds('boolean'), scope, report);
  try {
    return soleExpression(condition)?.source ?? null;
  } catch {
    return null;
  }
}

/** Titles are shown before and without a run. */
export function checkTitle(pointer: string, title: unknown, report: Report): void {
  if (typeof title !== 'string' || !title.includes('${{')) return;
  report.at(pointer, 'value', { code: 'GY221', message: 'a title cannot hold expressions: it is shown as it is written' });
}
