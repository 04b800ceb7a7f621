import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isValidUid, newUid, part10Header, storeStatus } from '../../engine/dicom/index.ts';
import { isStorageSopClass } from '../../engine/dicom/sop-classes.ts';
import { isStoredStatus } from '../../engine/dicom/status.ts';

describe('UIDs', () => {
  it('are digits in components, at most 64 characters', () => {
    for (const uid of ['1', '1.2.840.10008.1.1', `1.${'2'.repeat(62)}`]) assert.equal(isValidUid(uid), true, uid);
    const bad = ['', '.', '1.', '.1', '1..2', '1.2a', '../..', '1/2', '1 2', '1.2\n', '1.2\0', ' 1', `1.${'2'.repeat(63)}`, '１.２'];
    for (const uid of bad) assert.equal(isValidUid(uid), false, JSON.stringify(uid));
  });

  it('may have leading zeros, for modalities write them', () => {
    assert.equal(isValidUid('1.2.03.004'), true);
  });

  it('are made from UUIDs, and differ', () => {
    const uids = new Set(Array.from({ length: 100 }, newUid));
    assert.equal(uids.size, 100);
    for (const uid of uids) assert.ok(isValidUid(uid) && /^2\.25\.[1-9][0-9]*$/.test(uid), uid);
  });
});

describe('SOP Classes', () => {
  it('of storage are told from those of other services; private ones may be of storage', () => {
    for (const uid of ['1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.501.3', '1.2.840.10008.5.1.4.34.7', '1.3.12.2.1107.5.9.1'])
      assert.equal(isStorageSopClass(uid), true, uid);
    for (const uid of ['1.2.840.10008.1.1', '1.2.840.10008.5.1.4.1.2.2.1', '1.2.840.10008.5.1.4.31', '1.2.840.10008.1.20.1'])
      assert.equal(isStorageSopClass(uid), false, uid);
  });
});

describe('C-STORE statuses', () => {
  it('bear comments that fit (0000,0902): 64 printable characters, no backslash', () => {
    assert.equal(storeStatus.outOfResources('naïve\\path\n').comment, 'na?ve?path?');
    assert.equal(storeStatus.processingFailure('x'.repeat(100)).comment?.length, 64);
  });

  it('count warnings as stored', () => {
    assert.deepEqual([0x0000, 0xb000, 0xb007, 0xa700, 0xc000, 0x0110].map(isStoredStatus), [true, true, true, false, false, false]);
  });
});

describe('the Part 10 header', () => {
  it('has a preamble, a prefix, and a group length that ends with the header', () => {
    const header = part10Header({
      sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
      sopInstanceUid: '1.2.3',
      transferSyntaxUid: '1.2.840.10008.1.2.1.99',
      callingAeTitle: 'CT1',
      calledAeTitle: 'GANTRY',
    });
    assert.ok(header.subarray(0, 128).every((byte) => byte === 0));
    assert.equal(header.toString('latin1', 128, 132), 'DICM');
    assert.equal(header.readUInt32LE(140), header.length - 144);
    assert.equal(header.length % 2, 0);
  });
});
