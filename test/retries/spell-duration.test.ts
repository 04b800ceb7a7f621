import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spellDuration } from '../../engine/retries/index.ts';

describe('a duration in words', () => {
  it('names the two largest units that count', () => {
    const words: [number, string][] = [
      [0, '0 ms'],
      [250, '250 ms'],
      [1_000, '1 s'],
      [30_000, '30 s'],
      [59_999, '59 s'],
      [90_000, '1 min 30 s'],
      [7_200_000, '2 h'],
      [7_230_000, '2 h'],
      [93_600_000, '1 d 2 h'],
    ];
    for (const [ms, spelled] of words) assert.equal(spellDuration(ms), spelled);
  });
});
