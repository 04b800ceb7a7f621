import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createSpaceGuard, isOpen, reservedBytes } from '../../engine/storage/free-space.ts';
import { errno } from './open-storage.ts';

const gb = 1e9;

describe('free space', () => {
  for (const { free, watermarkPercent, reserveSpaceGb, reserved, open } of [
    { free: 9, watermarkPercent: 90, reserveSpaceGb: 1, reserved: 1, open: true },
    { free: 5, watermarkPercent: 10, reserveSpaceGb: 1, reserved: 9, open: false },
    { free: 5, watermarkPercent: 99, reserveSpaceGb: 9, reserved: 9, open: false },
    { free: 1, watermarkPercent: 90, reserveSpaceGb: 1, reserved: 1, open: false },
  ]) {
    it(`of ${free} GB in 10 is ${open ? 'enough' : 'too little'} with a watermark of ${watermarkPercent} % and a reserve of ${reserveSpaceGb} GB`, () => {
      const limits = { watermarkPercent, reserveSpaceGb };
      assert.equal(reservedBytes(10 * gb, limits), reserved * gb);
      assert.equal(isOpen({ total: 10 * gb, free: free * gb }, limits), open);
    });
  }

  it('that is enough stays enough when more is free', () => {
    const percent = fc.integer({ min: 0, max: 100 });
    const size = fc.integer({ min: 0, max: 1e13 });
    fc.assert(
      fc.property(size, size, size, percent, fc.integer({ min: 0, max: 1_000 }), (total, free, more, watermarkPercent, reserveSpaceGb) => {
        const limits = { watermarkPercent, reserveSpaceGb };
        return !isOpen({ total, free }, limits) || isOpen({ total, free: free + more }, limits);
      }),
    );
  });
});

describe('the guard', () => {
  const limits = { watermarkPercent: 90, reserveSpaceGb: 1 };

  it('looks at most once a second, whoever asks, and sees space that came back', async () => {
    let now = 0;
    let looks = 0;
    let free = 0.5e9;
    const guard = createSpaceGuard(
      '/anywhere',
      limits,
      async () => {
        looks++;
        return { blocks: 10e9 / 4096, bavail: free / 4096, bsize: 4096 };
      },
      () => now,
    );
    const seen = await Promise.all([guard(), guard(), guard()]);
    assert.deepEqual(
      seen.map(({ open }) => open),
      [false, false, false],
    );
    assert.equal(looks, 1);
    assert.deepEqual(seen[0], { open: false, freeBytes: 0.5e9, reservedBytes: 1e9, totalBytes: 10e9 });

    free = 5e9;
    now = 999;
    assert.equal((await guard()).open, false);
    now = 1_000;
    assert.equal((await guard()).open, true);
    assert.equal(looks, 2);
  });

  it('says what is wrong where it cannot look, and looks again at the next question', async () => {
    let works = false;
    const guard = createSpaceGuard('/gone', limits, () =>
      works ? Promise.resolve({ blocks: 1e7, bavail: 1e7, bsize: 4096 }) : Promise.reject(errno('EIO')),
    );
    await assert.rejects(guard(), { code: 'GY403' });
    works = true;
    assert.equal((await guard()).open, true);
  });
});
