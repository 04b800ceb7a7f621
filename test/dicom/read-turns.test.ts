import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ReadTurns } from '../../engine/dicom/read-turns.ts';

const large = 262_144;
const never = (): void => assert.fail('it was not in line');

describe('connections that are read in turns', () => {
  it('are read as they come while few have much to say', async () => {
    const turns = new ReadTurns();
    for (let turn = 0; turn < 5; turn += 1) {
      for (let read = 0; read < 8; read += 1) assert.equal(turns.take(large, never), true);
      await nextTurn();
    }
  });

  it('wait in line where many have, first come first served, a few in each turn', async () => {
    const turns = new ReadTurns();
    const served: string[] = [];
    const read = (name: string): boolean => turns.take(large, () => served.push(name));
    for (let first = 0; first < 8; first += 1) assert.equal(read('a'), true);
    const inLine = ['b', 'c', 'd', 'e', 'f', 'g'].filter((name) => !read(name));
    assert.deepEqual(inLine, ['b', 'c', 'd', 'e', 'f', 'g']);
    await nextTurn();
    assert.deepEqual(served, ['b', 'c']);
    // Nobody goes ahead of those in line, however little was read in this turn.
    assert.equal(read('a'), false);
    await nextTurn();
    assert.deepEqual(served, ['b', 'c', 'd', 'e']);
    await nextTurn();
    await nextTurn();
    assert.deepEqual(served, ['b', 'c', 'd', 'e', 'f', 'g', 'a']);
    assert.equal(read('b'), true);
  });

  it('never wait where they say little', () => {
    const turns = new ReadTurns();
    for (let peer = 0; peer < 20; peer += 1) turns.take(large, () => {});
    assert.equal(turns.take(100, never), true);
  });
});
