import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { byStudy } from '../../plugins/group/by-study.ts';
import { facts, totals } from './facts.ts';

const key = (studyInstanceUid: string | null): string | null => byStudy.key(facts({ studyInstanceUid }), {});

describe('group/by-study', () => {
  it('keys by the Study Instance UID', () => {
    assert.equal(key('1.2.840.1'), '1.2.840.1');
  });

  it('has no key for an instance without one', () => {
    assert.equal(key(null), null);
    assert.equal(key(''), null);
    assert.equal(key('  '), null);
  });

  it('does not take padding for part of the UID', () => {
    assert.equal(key('1.2.3\0'), '1.2.3');
    assert.equal(key('1.2.3 '), '1.2.3');
  });

  it('keeps the study of a malformed UID together under a key that is fit for a Workflow Id', () => {
    const odd = key('../../etc/passwd');
    assert.match(odd ?? '', /^malformed-[0-9a-f]{32}$/);
    assert.equal(key('../../etc/passwd'), odd);
    assert.notEqual(key('../../etc/shadow'), odd);
    assert.match(key('1'.repeat(65)) ?? '', /^malformed-/);
  });

  it('gives the same key for ever, of 1 to 64 harmless characters', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (uid) => {
        const first = key(uid);
        assert.equal(first, key(uid));
        if (first !== null) assert.match(first, /^[0-9a-z.-]{1,64}$/);
      }),
    );
  });

  it('reads nothing but the UID', () => {
    const one = byStudy.key(facts(), {});
    assert.equal(byStudy.key(facts({ callingAeTitle: 'CT2', modality: 'MR', sequence: 9, receivedAt: 0 }), {}), one);
  });

  it('tells ops what the group is, whatever came over the wire', () => {
    assert.equal(byStudy.describe('1.2.3', totals(), {}), 'study 1.2.3: CT from CT1');
    assert.equal(byStudy.describe('1.2.3', totals({ modalities: [], callingAeTitles: ['A\n\x1b[2J'] }), {}), 'study 1.2.3 from A??[2J');
  });
});
