import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reclaim } from '../../plugins/storage/reclaim.ts';
import { noon } from './facts.ts';
import { stepContext } from './step-context.ts';

const releasing = (settled: { released: number; retained: number; retainedUntil: number | null }) =>
  stepContext({ claims: { release: async () => settled } });

describe('storage/reclaim', () => {
  it('says how many instances were let go', async () => {
    assert.deepEqual(await reclaim.run({}, releasing({ released: 60, retained: 0, retainedUntil: null })), {
      released: 60,
      retained: 0,
      retainedUntil: null,
    });
  });

  it('says how long they are kept where the run did not succeed', async () => {
    assert.deepEqual(await reclaim.run({}, releasing({ released: 0, retained: 60, retainedUntil: noon })), {
      released: 0,
      retained: 60,
      retainedUntil: '2026-11-25T13:00:00.000Z',
    });
  });
});
