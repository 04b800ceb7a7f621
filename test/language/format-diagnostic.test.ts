import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Diagnostic, formatDiagnostic } from '../../engine/language/index.ts';

const diagnostic: Diagnostic = {
  code: 'GY204',
  severity: 'error',
  message: 'unknown option "quit" for step "batch/timeout"',
  file: 'workflows/lung-ct.yaml',
  line: 14,
  column: 7,
  length: 4,
  hint: 'did you mean "quiet"? (options: quiet, limit, instances)',
};
const text = `${'#\n'.repeat(11)}  - uses: batch/timeout\n    with:\n      quit: 30s\n`;

describe('a diagnostic', () => {
  it('shows the place, the lines before, carets and what would be right', () => {
    assert.equal(
      formatDiagnostic(diagnostic, text),
      [
        'workflows/lung-ct.yaml:14:7  GY204 unknown option "quit" for step "batch/timeout"',
        '   12 |   - uses: batch/timeout',
        '   13 |     with:',
        ' > 14 |       quit: 30s',
        '      |       ^^^^ did you mean "quiet"? (options: quiet, limit, instances)',
      ].join('\n'),
    );
  });

  it('has colours only where they are asked for', () => {
    assert.ok(!formatDiagnostic(diagnostic, text).includes('\u001b'));
    const coloured = formatDiagnostic(diagnostic, text, { colour: true });
    assert.ok(coloured.includes('\u001b[31mGY204\u001b[0m'));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are made of
    assert.equal(coloured.replace(/\u001b\[\d+m/g, ''), formatDiagnostic(diagnostic, text));
  });

  it('keeps the carets below what they mean on a line with tabs, and on a very long one', () => {
    const [, , tabbed] = formatDiagnostic({ ...diagnostic, line: 1, column: 3 }, '\t\tquit: 30s').split('\n');
    assert.equal(tabbed, '      | \t\t^^^^ did you mean "quiet"? (options: quiet, limit, instances)');
    const long = `${'x'.repeat(500)}quit${'y'.repeat(500)}`;
    const [, shown, carets] = formatDiagnostic({ ...diagnostic, line: 1, column: 501, hint: null }, long).split('\n');
    assert.ok((shown as string).length < 180);
    assert.equal((shown as string).slice((carets as string).indexOf('^'), (carets as string).length), 'quit');
  });

  it('lets no control character of a file through to the terminal', () => {
    const shown = formatDiagnostic({ ...diagnostic, line: 1, column: 1, message: 'a \u001b[2J b' }, 'x\u001b[2J\u0007y');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for
    assert.doesNotMatch(shown, /[\u001b\u0007]/);
  });

  it('is shown without lines where the file is gone or shorter by now', () => {
    assert.equal(
      formatDiagnostic({ ...diagnostic, hint: null }, null),
      'workflows/lung-ct.yaml:14:7  GY204 unknown option "quit" for step "batch/timeout"',
    );
    assert.match(formatDiagnostic(diagnostic, 'one line'), /did you mean/);
  });
});
