import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { durationPattern, formatDuration, parseDuration } from '../../engine/plugin/index.ts';

describe('a duration', () => {
  it('is a whole number and one unit', () => {
    assert.equal(parseDuration('500ms'), 500);
    assert.equal(parseDuration('30s'), 30_000);
    assert.equal(parseDuration('15m'), 900_000);
    assert.equal(parseDuration('2h'), 7_200_000);
    assert.equal(parseDuration('7d'), 604_800_000);
  });

  it('has no second spelling', () => {
    for (const text of ['30', '1.5h', '1h30m', '-5s', ' 5s', '5 s', '5S', 's', '', 'PT5S']) {
      assert.throws(() => parseDuration(text), RangeError, text);
      assert.equal(new RegExp(durationPattern).test(text), false, text);
    }
  });

  it('is spelled for people in its two largest units', () => {
    assert.equal(formatDuration(250), '250 ms');
    assert.equal(formatDuration(30_000), '30 s');
    assert.equal(formatDuration(90_000), '1 min 30 s');
    assert.equal(formatDuration(5_400_000), '1 h 30 min');
    assert.equal(formatDuration(7 * 86_400_000), '7 d');
    assert.equal(formatDuration(86_400_000 + 1_000), '1 d');
  });

  it('parses whatever its pattern allows', () => {
    fc.assert(
      fc.property(fc.stringMatching(new RegExp(durationPattern)), (text) => {
        assert.ok(Number.isSafeInteger(parseDuration(text)));
      }),
    );
  });
});
