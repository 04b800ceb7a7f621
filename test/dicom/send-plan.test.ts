import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planBatches } from '../../engine/dicom/send-plan.ts';

const files = fc.array(
  fc
    .record({ sopClass: fc.integer({ min: 0, max: 400 }), transferSyntax: fc.integer({ min: 0, max: 2 }) })
    .map(({ sopClass, transferSyntax }) => ({
      path: '/nowhere',
      sopInstanceUid: '1.2',
      sopClassUid: `1.2.${sopClass}`,
      transferSyntaxUid: `1.3.${transferSyntax}`,
    })),
  { maxLength: 1_500, size: 'max' },
);

describe('planning associations', () => {
  it('puts every file into one batch, in order, within what an association can carry', () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 5 }), (all, associations) => {
        const batches = planBatches(all, associations);
        assert.deepEqual(
          batches.flatMap((batch) => batch.files.map(({ index }) => index)),
          all.map((_, index) => index),
        );
        for (const batch of batches) {
          assert.ok(batch.files.length <= 1_000 && batch.contexts.length <= 128);
          const proposed = new Set(
            batch.contexts.map(({ abstractSyntaxUid, transferSyntaxUid }) => `${abstractSyntaxUid} ${transferSyntaxUid}`),
          );
          assert.equal(proposed.size, batch.contexts.length);
          assert.ok(batch.files.every(({ file }) => proposed.has(`${file.sopClassUid} ${file.transferSyntaxUid}`)));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('gives each association its share of a small study', () => {
    const file = { path: '/nowhere', sopInstanceUid: '1.2', sopClassUid: '1.2', transferSyntaxUid: '1.3' };
    const sizes = (count: number, associations: number) =>
      planBatches(Array(count).fill(file), associations).map((batch) => batch.files.length);
    assert.deepEqual(sizes(10, 3), [4, 4, 2]);
    assert.deepEqual(sizes(2, 4), [1, 1]);
    assert.deepEqual(sizes(2_500, 1), [1_000, 1_000, 500]);
  });
});
