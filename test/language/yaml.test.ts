import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import { parseYaml } from '../../engine/language/index.ts';
import { childPointer } from '../../engine/language/json-pointer.ts';

/** The text that a position underlines. */
function underlined(text: string, { line, column, length }: { line: number; column: number; length: number }): string {
  return (text.split(/\r?\n/)[line - 1] ?? '').slice(column - 1, column - 1 + length);
}

describe('reading YAML', () => {
  it('reads YAML 1.2: no dates, no yes and no, UIDs of three parts are text', () => {
    const { value } = parseYaml('a: 2024-01-01\nb: no\nc: 1.2.840\nd: 012\ne: ~\n');
    assert.deepEqual(value, { a: '2024-01-01', b: 'no', c: '1.2.840', d: 12, e: null });
  });

  it('reads JSON, also with tabs, a byte order mark and CR LF', () => {
    const document = parseYaml('\uFEFF{\r\n\t"a": [\r\n\t\t1, {"b": "x"}\r\n\t]\r\n}\r\n');
    assert.deepEqual(document.value, { a: [1, { b: 'x' }] });
    assert.deepEqual(document.problems, []);
    assert.deepEqual(document.positionOf('/a/1/b', 'value'), { line: 3, column: 13, length: 1 });
  });

  it('knows the place of keys and values, and of the nearest that is written for those that are not', () => {
    const text = 'a:\n  b: { c: [x, "y z"] }\nempty:\n"quoted key": 5\n';
    const document = parseYaml(text);
    const at = (pointer: string, which: 'key' | 'value') => underlined(text, document.positionOf(pointer, which));
    assert.equal(at('/a/b/c/1', 'value'), 'y z');
    assert.equal(at('/a/b/c', 'key'), 'c');
    assert.equal(at('/a', 'value'), 'b');
    assert.equal(at('/quoted key', 'key'), 'quoted key');
    assert.equal(at('/empty', 'value'), 'empty');
    assert.equal(at('/a/b/c/7/nothing', 'value'), 'c');
    assert.equal(at('/nothing/at/all', 'value'), 'a');
  });

  it('has a place for every key and scalar of any document', () => {
    const key = fc.stringMatching(/^[a-z~/][a-z ~/-]{0,8}[a-z]$/);
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        tie('leaf'),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(key, tie('node'), { maxKeys: 4 }),
      ),
      leaf: fc.oneof(fc.integer({ min: -999, max: 999 }), fc.boolean(), fc.stringMatching(/^[a-zA-Z]{1,12}$/)),
    })).node;
    fc.assert(
      fc.property(fc.dictionary(key, tree, { minKeys: 1 }), fc.boolean(), (value, asJson) => {
        const text = asJson ? JSON.stringify(value, null, 1) : dump(value);
        const document = parseYaml(text);
        assert.deepEqual(document.problems, []);
        assert.deepEqual(document.value, JSON.parse(JSON.stringify(value)));
        const visit = (node: unknown, pointer: string): void => {
          if (typeof node === 'object' && node !== null) {
            for (const [name, child] of Object.entries(node)) {
              if (!Array.isArray(node)) assert.equal(underlined(text, document.positionOf(childPointer(pointer, name), 'key')), name);
              visit(child, childPointer(pointer, name));
            }
          } else assert.equal(underlined(text, document.positionOf(pointer, 'value')), String(node));
        };
        visit(value, '');
      }),
    );
  });

  it('finds a part of a text wherever quotes, escapes and folds have put it', () => {
    for (const text of [
      'a: one ${{ two }} three\n',
      "a: 'it''s ${{ two }}'\n",
      'a: "\\"x\\" \\u0041 ${{ two }}"\n',
      'a: >-\n  one\n  ${{\n  two }}\n',
      'a: |\n    one\n\n      ${{ two }}\n',
      'a: one\n  ${{ two }}\n',
    ]) {
      const document = parseYaml(text);
      const start = (document.value as { a: string }).a.indexOf('two');
      const { start: from, end } = document.rangeInside('/a', { start, end: start + 3 });
      assert.equal(text.slice(from, end), 'two', text);
    }
  });

  it('tells every duplicate key, and never throws', () => {
    const { problems } = parseYaml('a: 1\na: 2\nb: { c: 1, c: 2, c: 3 }\n');
    assert.deepEqual(
      problems.map(({ kind, message }) => `${kind} ${message}`),
      ['duplicate-key duplicate key "a"', 'duplicate-key duplicate key "c"', 'duplicate-key duplicate key "c"'],
    );
    const fragment = fc.constantFrom(
      'a',
      ': ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '*a',
      '&a ',
      '!x ',
      '| ',
      '#',
      '? ',
      '---\n',
      '\t',
      '  ',
      '1',
      ',',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 30 }), (fragments) => {
        const text = fragments.join('');
        const document = parseYaml(text);
        for (const { range } of document.problems) assert.ok(document.position(range).line >= 1);
      }),
      { numRuns: 500 },
    );
  });

  it('does not let aliases multiply a small file into a large one', () => {
    const levels = Array.from({ length: 9 }, (_, level) => `l${level + 1}: &l${level + 1} [${'*l'.concat(String(level), ', ').repeat(9)}]`);
    const { value, problems } = parseYaml(`l0: &l0 [x]\n${levels.join('\n')}\n`);
    assert.equal(value, undefined);
    assert.equal(problems[0]?.kind, 'too-large');
  });
});
