import { YAMLException } from 'js-yaml';
import type { YamlProblem } from './yaml.ts';

/** What js-yaml threw, as a problem, with the usual cause by what stands on the line. */
export function yamlProblem(error: unknown, text: string): YamlProblem {
  if (!(error instanceof YAMLException)) {
    const message = `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: 'syntax', range: { start: 0, end: 1 }, message, hint: null };
  }
  const { reason, mark } = error;
  const start = mark?.position ?? 0;
  const range = { start, end: start + 1 };
  if (reason.startsWith('nesting exceeded')) return { kind: 'too-large', range, message: 'the file is nested too deeply', hint: null };
  if (reason.startsWith('aliases exceeded')) return { kind: 'too-large', range, message: 'the file uses too many aliases', hint: null };
  return { kind: 'syntax', range, message: reason, hint: hintOf(reason, lineAround(text, start)) };
}

function lineAround(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return text.slice(start, end === -1 ? text.length : end);
}

function hintOf(reason: string, line: string): string | null {
  if (line.includes('${{')) return 'quote an expression that has ": " in it or stands inside { } or [ ]: "${{ … }}"';
  if (/^\s*\t/.test(line)) return 'indent with spaces: YAML takes no tabs';
  if (/:\s*[@`%]/.test(line)) return 'quote a text that begins with @, ` or %';
  if (reason === 'deficient indentation') return 'a [ or { before this is not closed';
  if (reason.startsWith('bad indentation of a mapping entry'))
    return 'quote a text that has ": " in it, and indent the keys of one map alike';
  return null;
}
