import { readFile } from 'node:fs/promises';
import type { Diagnostic } from './diagnostic.ts';
import { type FormatOptions, formatDiagnostic } from './format-diagnostic.ts';

/** Several diagnostics for people, a blank line between them; each file is read once, and shown without lines where it cannot be. */
export async function formatDiagnostics(diagnostics: readonly Diagnostic[], options: FormatOptions = {}): Promise<string> {
  const texts = new Map<string, string | null>();
  for (const { file } of diagnostics) {
    if (!texts.has(file)) texts.set(file, await readFile(file, 'utf8').catch(() => null));
  }
  return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, texts.get(diagnostic.file) ?? null, options)).join('\n\n');
}
