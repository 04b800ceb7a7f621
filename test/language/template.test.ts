import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ExpressionError, resolveTemplate, soleExpression, splitText, toTemplate } from '../../engine/language/expression.ts';
import type { Template } from '../../engine/language/index.ts';

const names = { count: 3, share: 0.5, tags: ['a', 'b'], nothing: null, set: { set: 's1', count: 2, sizeBytes: 10 } };
const resolved = (value: unknown): unknown => resolveTemplate(toTemplate(value), names);

/** JSON without expressions; whole numbers within what JSON holds exactly. */
const json = fc
  .jsonValue({ maxDepth: 4 })
  .filter((value) => !JSON.stringify(value).includes('${{') && !JSON.stringify(value).includes('$expression'));

describe('a template', () => {
  it('without expressions comes to what was written', () => {
    fc.assert(
      fc.property(json, (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        assert.deepEqual(resolved(plain), plain);
      }),
    );
  });

  it('survives JSON, as histories keep it', () => {
    const written = { a: '${{ set }}', b: ['n = ${{ count }}', { c: '${{ share }}' }] };
    const kept = JSON.parse(JSON.stringify(toTemplate(written))) as Template;
    assert.deepEqual(resolveTemplate(kept, names), { a: names.set, b: ['n = 3', { c: 0.5 }] });
  });

  it('keeps the type of an expression that stands alone, also with space around it', () => {
    assert.deepEqual(resolved({ a: '${{ tags }}', b: ' ${{ nothing }}\n', c: '${{count}}' }), { a: ['a', 'b'], b: null, c: 3 });
  });

  it('writes texts, numbers and booleans into a text', () => {
    assert.equal(resolved('${{ count }} of ${{ share }} is ${{ count > 2 }}, ${{ tags.join("+") }}.'), '3 of 0.5 is true, a+b.');
  });

  it('refuses lists, maps and nothing inside a text', () => {
    for (const text of ['x ${{ tags }}', 'x ${{ set }}', 'x ${{ nothing }}']) assert.throws(() => resolved(text), ExpressionError, text);
  });
});

describe('splitting a text', () => {
  it('finds the end of an expression behind maps and strings that hold braces', () => {
    assert.deepEqual(splitText("a ${{ {'x': {'y': 1}} }} b ${{ '}}' }}c"), [
      'a ',
      { source: "{'x': {'y': 1}}", start: 6 },
      ' b ',
      { source: "'}}'", start: 31 },
      'c',
    ]);
    assert.equal(soleExpression('${{ r"\\" + "}}" }}')?.source, 'r"\\" + "}}"');
    assert.equal(soleExpression("${{ '''it's }}''' }}")?.source, "'''it's }}'''");
  });

  it('loses no character', () => {
    const piece = fc.oneof(
      fc.string().filter((text) => !/[${}]/.test(text)),
      fc.constantFrom('${{ a }}', '${{ "}}" }}', '$ ', '}}', '{ '),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        const parts = splitText(text);
        const literal = parts.filter((part) => typeof part === 'string').join('');
        const sources = parts.flatMap((part) => (typeof part === 'string' ? [] : [part]));
        for (const { source, start } of sources) assert.equal(text.slice(start, start + source.length), source);
        assert.equal(literal.length + sources.reduce((sum, { source }) => sum + source.length + '${{  }}'.length, 0), text.length);
      }),
    );
  });

  it('says where an expression is not closed', () => {
    assert.throws(
      () => splitText('ab ${{ "x }}'),
      (error: ExpressionError) => error.start === 3,
    );
  });
});
