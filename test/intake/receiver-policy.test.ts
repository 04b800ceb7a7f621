import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { AssociationInfo, IncomingInstance } from '../../engine/dicom/index.ts';
import { createReceiverPolicy } from '../../engine/intake/index.ts';
import type { Ledger } from '../../engine/ledger/index.ts';
import { type LogFields, silentLog } from '../../engine/log/index.ts';
import type { Storage } from '../../engine/storage/index.ts';

const ct = '1.2.840.10008.5.1.4.1.1.2';
const sr = '1.2.840.10008.5.1.4.1.1.88.67';

const association: AssociationInfo = {
  id: 'a1',
  callingAeTitle: 'CT1',
  calledAeTitle: 'LUNG',
  peer: '10.1.2.3',
  storage: true,
  tls: null,
  openedAt: 0,
  implementation: { classUid: '1.2.3', versionName: 'TEST' },
  acceptedContexts: 1,
  refusedContexts: [],
};
const incoming = (sopClassUid: string): IncomingInstance => ({
  association,
  sopClassUid,
  sopInstanceUid: '1.2.3',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
});

/** A policy over a disk whose space the test decides; what it would store is only counted. */
function setUp(test: TestContext) {
  let open = true;
  let created = 0;
  const lines: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
  const storage = {
    space: async () => ({ open, freeBytes: 0, reservedBytes: 0, totalBytes: 0 }),
    create() {
      created += 1;
      return { write: () => true, drained: async () => {}, discard: async () => {} };
    },
  } as unknown as Storage;
  const policy = createReceiverPolicy({
    storage,
    ledger: { associationClosed: async () => {}, associationsRejected: async () => {} } as unknown as Ledger,
    log: {
      ...silentLog,
      warn: (message, fields) => lines.push({ message, fields }),
      info: (message, fields) => lines.push({ message, fields }),
    },
    rejectUnknownSources: false,
    sources: {},
    maxAssociationsPerPeer: 3,
    maxInstanceSizeBytes: 1_000,
    rulesOf: (called) =>
      called !== 'LUNG'
        ? null
        : {
            accept: 'private-sop-classes',
            allowedSopClasses: null,
            ignoredSopClasses: [sr],
            overwriteSameInstance: false,
            verification: true,
            maxAssociations: null,
          },
    onRecorded() {},
    onAssociationEnd() {},
    addressesOf: () => test.assert.fail('nothing is to be resolved'),
  });
  return {
    policy,
    lines,
    created: () => created,
    async space(now: boolean) {
      open = now;
      // One instance's look is the next one's answer.
      policy.instance(incoming(ct));
      await new Promise(setImmediate);
      created = 0;
    },
  };
}

describe('the policy of the receiver', () => {
  it('answers who may associate with the terms, and who may not with the reason', async (test) => {
    const { policy } = setUp(test);
    const { storage, tls, peer } = association;
    const proposal = { callingAeTitle: 'CT1', calledAeTitle: 'LUNG', peer, storage, tls };
    const terms = await policy.admit(proposal);
    assert.ok('limits' in terms);
    assert.deepEqual(terms.limits, [{ name: 'peer 10.1.2.3', most: 3 }]);
    assert.equal(terms.largestInstanceBytes, 1_000);
    assert.deepEqual(await policy.admit({ ...proposal, calledAeTitle: 'constructor' }), {
      result: 1,
      source: 1,
      reason: 7,
      why: 'no such AE title here',
    });
  });

  it('refuses instances of open associations with A700 while space is short, and takes them again after', async (test) => {
    const { policy, space, created } = setUp(test);
    await space(false);
    assert.deepEqual(policy.instance(incoming(ct)), { status: 0xa700, comment: 'free space is below the reserve' });
    assert.equal(created(), 0);
    await space(true);
    assert.ok('write' in policy.instance(incoming(ct)));
    assert.equal(created(), 1);
  });

  it('answers an ignored SOP class with Success and keeps nothing, short of space or not', async (test) => {
    const { policy, space, created } = setUp(test);
    for (const open of [true, false]) {
      await space(open);
      assert.deepEqual(policy.instance(incoming(sr)), { status: 0, comment: null });
      assert.equal(created(), 0);
    }
  });

  it('logs peers in printable characters, and no longer than the Standard allows', async (test) => {
    const { policy, lines } = setUp(test);
    const hostile = { callingAeTitle: 'A\u001b[2J\u009b\nB', calledAeTitle: 'X'.repeat(5_000), peer: '10.1.2.3' };
    policy.rejected?.(hostile, { result: 1, source: 1, reason: 3, why: 'no source has this AE title and host' });
    await policy.closed(
      { ...association, ...hostile },
      { how: 'released', stored: 0, failed: 0, statuses: new Map(), sizeBytes: 0, why: null },
    );
    assert.deepEqual(
      lines.map(({ message, fields }) => [message, fields?.callingAeTitle, fields?.calledAeTitle, fields?.code]),
      [
        ['association rejected', 'A?[2J??B', `${'X'.repeat(15)}~`, '1/1/3'],
        ['association ended', 'A?[2J??B', `${'X'.repeat(15)}~`, undefined],
      ],
    );
  });
});
