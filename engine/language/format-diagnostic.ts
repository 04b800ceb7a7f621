import type { Diagnostic } from './diagnostic.ts';

export interface FormatOptions {
  /** ANSI colours, for a terminal. */
  readonly colour?: boolean;
}

/** Lines shown before the offending one. */
const context = 2;
/** Characters of a line that are shown; a longer one is cut around what is wrong. */
const maxWidth = 160;

/**
 * A diagnostic for people: `file:line:column  code message`, the lines before, the line with carets below it, and the hint.
 * `text` is the file's; where it is null, only the first line and the hint are given.
 */
export function formatDiagnostic(diagnostic: Diagnostic, text: string | null, { colour = false }: FormatOptions = {}): string {
  const { file, line, column, length, code, severity, message, hint } = diagnostic;
  const paint = (style: keyof typeof styles, part: string): string => (colour ? `\u001b[${styles[style]}m${part}\u001b[0m` : part);
  const tone = severity === 'error' ? 'error' : 'warning';
  const head = `${paint('place', `${plain(file)}:${line}:${column}`)}  ${paint(tone, code)} ${severity === 'warning' ? 'warning: ' : ''}${plain(message)}`;
  const lines = text?.replace(/^\uFEFF/, '').split(/\r?\n/) ?? [];
  const offending = lines[line - 1];
  if (offending === undefined) return hint === null ? head : `${head}\n  ${plain(hint)}`;

  const digits = Math.max(4, String(line).length + 1);
  const rows = [head];
  for (let at = Math.max(1, line - context); at < line; at++) {
    rows.push(paint('quiet', ` ${String(at).padStart(digits)} | `) + plain(clip(lines[at - 1] as string, 0).text));
  }
  const { text: shown, dropped } = clip(offending, column - 1);
  rows.push(`${paint(tone, ' >')}${String(line).padStart(digits - 1)} ${paint('quiet', '|')} ${plain(shown)}`);
  // Tabs stay tabs, so that the carets stand below what they mean.
  const lead = shown.slice(0, column - 1 - dropped).replace(/[^\t]/g, ' ');
  const carets = '^'.repeat(Math.max(1, Math.min(length, maxWidth)));
  rows.push(`${' '.repeat(digits + 1)} ${paint('quiet', '|')} ${lead}${paint(tone, carets)}${hint === null ? '' : ` ${plain(hint)}`}`);
  return rows.join('\n');
}

/** A line cut to a width that holds the column, and how many characters went at its beginning. */
function clip(line: string, column: number): { readonly text: string; readonly dropped: number } {
  const dropped = column < maxWidth - 20 ? 0 : column - maxWidth / 2;
  return { text: line.slice(dropped, dropped + maxWidth), dropped };
}

/** A file's text may hold anything: control characters would reach the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const plain = (text: string): string => text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\u00b7');

const styles = { place: '1', error: '31', warning: '33', quiet: '2' } as const;
