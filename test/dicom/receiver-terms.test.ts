import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { type AssociationTerms, isKnownTransferSyntax, isStandardStorageSopClass, type ReceiverPolicy } from '../../engine/dicom/index.ts';
import { MemoryEngine, openTerms, until } from './memory-engine.ts';
import {
  associateRequest,
  ctImageStorage,
  echoPdu,
  explicitLittleEndian,
  implicitLittleEndian,
  item,
  mrImageStorage,
  type Proposal,
  RawPeer,
  readAccept,
  storeContext,
  storePdus,
  studyRootFind,
  verification,
} from './raw-peer.ts';

const privateClass = '1.3.12.2.1107.5.9.1';
const privateSyntax = '1.2.3.4';

/** Result by context id, and the peer whose association it is. */
async function propose(port: number, proposal: Proposal) {
  const peer = await RawPeer.connect(port);
  peer.send(associateRequest(proposal));
  const { contexts } = readAccept((await peer.next()) ?? assert.fail('closed'));
  return { peer, contexts, results: [...contexts].map(([id, { result }]) => [id, result]) };
}

const withTerms = (engine: MemoryEngine, terms: Partial<AssociationTerms>): { readonly policy: ReceiverPolicy } => ({
  policy: { ...engine.policy, admit: () => ({ ...openTerms, ...terms }) },
});

describe('limits of associations that share a name', () => {
  it('reject what is above with 2/3/2, each name by itself, and have room again after one', async (t) => {
    const engine = new MemoryEngine();
    const admit: ReceiverPolicy['admit'] = ({ callingAeTitle, peer }) => ({
      ...openTerms,
      limits: [
        { name: callingAeTitle, most: 1 },
        { name: peer, most: 2 },
      ],
    });
    const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, admit } });
    const first = await RawPeer.associate(port, { callingAeTitle: 'CT1' });
    assert.equal(await RawPeer.rejection(port, { callingAeTitle: 'CT1' }), '2/3/2');
    const second = await RawPeer.associate(port, { callingAeTitle: 'CT2' });
    assert.equal(await RawPeer.rejection(port, { callingAeTitle: 'CT3' }), '2/3/2');
    assert.equal(receiver.openAssociations(), 2);
    await first.release();
    await until(() => receiver.openAssociations() === 1, 'one association');
    const again = await RawPeer.associate(port, { callingAeTitle: 'CT1' });
    assert.equal(await second.echo(), 0);
    await again.release();
    await second.release();
    assert.deepEqual(
      engine.rejected.map(({ proposer, rejection: { reason } }) => ({ ...proposer, reason })),
      ['CT1', 'CT3'].map((callingAeTitle) => ({ callingAeTitle, calledAeTitle: 'GANTRY', peer: '127.0.0.1', reason: 2 })),
    );
    await engine.assertHealthy(receiver, port);
  });

  it('hold for those that are admitted at the same moment', async (t) => {
    const engine = new MemoryEngine();
    const open = Promise.withResolvers<void>();
    const terms = { ...openTerms, limits: [{ name: 'all', most: 2 }] };
    const policy: ReceiverPolicy = {
      ...engine.policy,
      admit: () => terms,
      // While this waits, the next ones are admitted.
      opened: async (association) => {
        engine.opened.push(association);
        await open.promise;
      },
    };
    const { receiver, port } = await engine.start(t, { policy });
    const peers = await Promise.all(Array.from({ length: 6 }, () => RawPeer.connect(port)));
    for (const peer of peers) peer.send(associateRequest());
    await until(() => engine.opened.length + engine.rejected.length === 6, 'all are decided on');
    assert.equal(engine.opened.length, 2);
    open.resolve();
    const answers = await Promise.all(peers.map(async (peer) => (await peer.next())?.type));
    assert.deepEqual(answers.sort(), [2, 2, 3, 3, 3, 3]);
    for (const peer of peers) peer.socket.destroy();
    await engine.assertHealthy(receiver, port);
  });

  it('are given back however an association ends, also where its peer is gone before it is admitted', async (t) => {
    const engine = new MemoryEngine();
    let decision: Promise<void> = Promise.resolve();
    let asked = 0;
    const admit: ReceiverPolicy['admit'] = async () => {
      asked += 1;
      await decision;
      return { ...openTerms, limits: [{ name: 'all', most: 1 }] };
    };
    const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, admit } });
    const ends: readonly ((peer: RawPeer) => void)[] = [
      (peer) => peer.socket.end(),
      (peer) => peer.socket.resetAndDestroy(),
      (peer) => peer.send(Buffer.alloc(10, 0xff)),
      (peer) => peer.send(associateRequest()),
    ];
    for (const end of ends) {
      const peer = await RawPeer.associate(port);
      end(peer);
      await peer.closed;
      await until(() => receiver.openAssociations() === 0, 'its place is free');
      const held = Promise.withResolvers<void>();
      decision = held.promise;
      const before = asked;
      const early = await RawPeer.connect(port);
      early.send(associateRequest());
      await until(() => asked > before, 'the policy is asked');
      early.socket.resetAndDestroy();
      await early.closed;
      assert.equal(receiver.openAssociations(), 1, 'its place is taken until the policy has decided');
      held.resolve();
      await until(() => receiver.openAssociations() === 0, 'its place is free');
    }
    assert.equal(engine.opened.length, ends.length);
    // Were one place given back twice, two would fit now.
    const only = await RawPeer.associate(port);
    assert.equal(await RawPeer.rejection(port), '2/3/2');
    await only.release();
    await engine.assertHealthy(receiver, port);
  });
});

describe('verification', () => {
  it('that is not served is refused with result 3, and C-ECHO in another context with 0122', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, withTerms(engine, { verification: false }));
    const { peer, results } = await propose(port, {});
    assert.deepEqual(results, [
      [1, 0],
      [3, 3],
    ]);
    peer.send(echoPdu(4, 1));
    const { messageId, status, comment } = await peer.response();
    assert.deepEqual([messageId, status], [4, 0x0122]);
    assert.match(comment ?? '', /verification/);
    await peer.release();
    await until(() => receiver.openAssociations() === 0, 'no open associations');
  });

  it('has no need of a transfer syntax that datasets may come in', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, withTerms(engine, { acceptsTransferSyntax: () => false }));
    const { peer, results } = await propose(port, {});
    assert.deepEqual(results, [
      [1, 4],
      [3, 0],
    ]);
    assert.equal(await peer.echo(), 0);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });
});

describe('SOP Classes and transfer syntaxes', () => {
  const contexts = [
    { id: 1, abstractSyntax: privateClass, transferSyntaxes: [implicitLittleEndian] },
    { id: 3, abstractSyntax: ctImageStorage, transferSyntaxes: [privateSyntax] },
    { id: 5, abstractSyntax: ctImageStorage, transferSyntaxes: ['not a uid', '', privateSyntax, explicitLittleEndian] },
    { id: 7, abstractSyntax: studyRootFind, transferSyntaxes: [implicitLittleEndian] },
    { id: 9, abstractSyntax: '1.2.840.10008.1.20.1', transferSyntaxes: [implicitLittleEndian] },
    { id: 11, abstractSyntax: '1..2', transferSyntaxes: [implicitLittleEndian] },
    { id: 13, abstractSyntax: '9'.repeat(65), transferSyntaxes: [implicitLittleEndian] },
  ];

  it('of the Standard alone: private ones get result 3 and 4', async (t) => {
    const engine = new MemoryEngine();
    const terms = { acceptsSopClass: isStandardStorageSopClass, acceptsTransferSyntax: isKnownTransferSyntax };
    const { receiver, port } = await engine.start(t, withTerms(engine, terms));
    const { peer, results } = await propose(port, { contexts });
    assert.deepEqual(
      results.map(([, result]) => result),
      [3, 4, 0, 3, 3, 3, 3],
    );
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('of anybody: private ones are stored as they are, other services and what is no UID never', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, withTerms(engine, { acceptsSopClass: () => true, acceptsTransferSyntax: () => true }));
    const commonExtended = Buffer.concat([
      Buffer.from([0, privateClass.length]),
      Buffer.from(privateClass, 'latin1'),
      Buffer.from([0, 24]),
      Buffer.from('1.2.840.10008.4.2'.padEnd(24, '\0'), 'latin1'),
      Buffer.from([0, 0]),
    ]);
    for (const userItems of [[], [item(0x57, commonExtended)]]) {
      const { peer, contexts: answered, results } = await propose(port, { contexts, userItems });
      assert.deepEqual(
        results.map(([, result]) => result),
        [0, 0, 0, 3, 3, 3, 3],
      );
      assert.equal(answered.get(5)?.transferSyntax, privateSyntax);
      const data = Buffer.from('opaque');
      assert.equal((await peer.store({ sopClass: privateClass, data })).status, 0);
      assert.equal((await peer.store({ contextId: 3, data })).status, 0);
      assert.deepEqual(
        engine.stored.splice(0).map(({ sopClassUid, transferSyntaxUid, data: kept }) => [sopClassUid, transferSyntaxUid, kept.toString()]),
        [
          [privateClass, implicitLittleEndian, 'opaque'],
          [ctImageStorage, privateSyntax, 'opaque'],
        ],
      );
      await peer.release();
    }
    await engine.assertHealthy(receiver, port);
  });

  it('that were refused are told to the policy, without a byte that a terminal would obey', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, withTerms(engine, { acceptsSopClass: (uid) => uid !== mrImageStorage }));
    const { peer } = await propose(port, {
      contexts: [
        storeContext,
        { id: 3, abstractSyntax: mrImageStorage, transferSyntaxes: [implicitLittleEndian] },
        { id: 5, abstractSyntax: ctImageStorage, transferSyntaxes: [privateSyntax] },
        { id: 7, abstractSyntax: `\x1b[2J${'x'.repeat(200)}`, transferSyntaxes: [implicitLittleEndian] },
        { id: 9, abstractSyntax: verification, transferSyntaxes: [implicitLittleEndian] },
      ],
    });
    const info = engine.opened[0] ?? assert.fail('not opened');
    assert.equal(info.acceptedContexts, 2);
    assert.deepEqual(info.refusedContexts, [
      { abstractSyntaxUid: mrImageStorage, result: 3 },
      { abstractSyntaxUid: ctImageStorage, result: 4 },
      { abstractSyntaxUid: `?[2J${'x'.repeat(60)}`, result: 3 },
    ]);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });
});

describe('the largest instance', () => {
  it('is stored; one byte more is dropped at once, read to its end, and answered A700', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, withTerms(engine, { largestInstanceBytes: 50_000 }));
    const peer = await RawPeer.associate(port);
    assert.equal((await peer.store({ data: Buffer.alloc(50_000) })).status, 0);
    const pdus = storePdus({ messageId: 2, data: Buffer.alloc(200_000) });
    peer.send(...pdus.slice(0, 5));
    await until(() => engine.discarded === 1, 'it is dropped before its end');
    assert.equal(engine.openSinks, 0);
    peer.send(...pdus.slice(5));
    const { messageId, status, comment } = await peer.response();
    assert.deepEqual([messageId, status, comment], [2, 0xa700, 'instance is longer than 50000 bytes']);
    assert.equal((await peer.store({ data: Buffer.alloc(3) })).status, 0, 'the next one is stored');
    await peer.release();
    await until(() => engine.closed.length === 1, 'the policy knows of the end');
    const { stored, failed, sizeBytes, statuses } = engine.closed[0]?.summary ?? assert.fail();
    assert.deepEqual([stored, failed, sizeBytes, statuses.get(0xa700)], [2, 1, 50_003, 1]);
    await engine.assertHealthy(receiver, port);
  });
});
