import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import type { AssociationTerms, ReceiverOptions } from '../../engine/dicom/index.ts';
import { GantryError } from '../../engine/errors/index.ts';
import { MemoryEngine, openTerms, until } from './memory-engine.ts';
import {
  associateRequest,
  ctImageStorage,
  echoContext,
  echoPdu,
  explicitLittleEndian,
  implicitLittleEndian,
  item,
  mrImageStorage,
  type Proposal,
  pdu,
  RawPeer,
  readAccept,
  storeContext,
  studyRootFind,
  verification,
} from './raw-peer.ts';

const jpeg2000 = '1.2.840.10008.1.2.4.90';

/** What the receiver answers to a proposal. */
async function propose(port: number, proposal: Proposal) {
  const peer = await RawPeer.connect(port);
  peer.send(associateRequest(proposal));
  const answer = await peer.next();
  return { peer, answer, accept: answer?.type === 0x02 ? readAccept(answer) : null };
}

describe('association negotiation', () => {
  it('accepts verification and storage, each in the first transfer syntax proposed', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const { peer, accept } = await propose(port, {
      contexts: [
        { id: 1, abstractSyntax: ctImageStorage, transferSyntaxes: [jpeg2000, explicitLittleEndian] },
        { id: 3, abstractSyntax: ctImageStorage, transferSyntaxes: ['1.2.3.4', implicitLittleEndian, jpeg2000] },
        { id: 5, abstractSyntax: verification, transferSyntaxes: [explicitLittleEndian] },
      ],
    });
    assert.deepEqual(accept?.contexts.get(1), { result: 0, transferSyntax: jpeg2000 });
    assert.deepEqual(accept?.contexts.get(3), { result: 0, transferSyntax: implicitLittleEndian });
    assert.deepEqual(accept?.contexts.get(5), { result: 0, transferSyntax: explicitLittleEndian });
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('answers result 3 for other services and unwanted classes, 4 where no transfer syntax is known', async (t) => {
    const engine = new MemoryEngine();
    const terms: AssociationTerms = { ...openTerms, acceptsSopClass: (sopClass) => sopClass !== mrImageStorage };
    const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, admit: () => terms } });
    const { peer, accept } = await propose(port, {
      contexts: [
        { id: 1, abstractSyntax: ctImageStorage, transferSyntaxes: ['1.2.3.4'] },
        { id: 3, abstractSyntax: mrImageStorage, transferSyntaxes: [implicitLittleEndian] },
        { id: 5, abstractSyntax: studyRootFind, transferSyntaxes: [implicitLittleEndian] },
        { id: 7, abstractSyntax: '1.3.12.2.1107.5.9.1', transferSyntaxes: [implicitLittleEndian] },
        { id: 9, abstractSyntax: 'no uid', transferSyntaxes: [implicitLittleEndian] },
        { id: 11, abstractSyntax: ctImageStorage, transferSyntaxes: [] },
      ],
    });
    assert.deepEqual(
      [...(accept?.contexts ?? [])].map(([id, { result }]) => [id, result]),
      [
        [1, 4],
        [3, 3],
        [5, 3],
        [7, 0],
        [9, 3],
        [11, 4],
      ],
    );
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('takes context ids in any order (R7), and up to 128 of them', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const ids = [5, 1, 3];
    const contexts = ids.map((id) => ({ ...storeContext, id, abstractSyntax: id === 3 ? verification : ctImageStorage }));
    const { peer, accept } = await propose(port, { contexts });
    assert.deepEqual([...(accept?.contexts.keys() ?? [])], ids);
    assert.equal((await peer.store({ contextId: 5, data: Buffer.from('ab') })).contextId, 5);
    assert.equal(await peer.echo(), 0);
    await peer.release();

    const many = Array.from({ length: 128 }, (_, index) => ({ ...storeContext, id: 255 - 2 * index }));
    const full = await propose(port, { contexts: many });
    assert.equal(full.accept?.contexts.size, 128);
    await full.peer.release();
    await engine.assertHealthy(receiver, port);
  });

  const unfollowable: Readonly<Record<string, Buffer>> = {
    'a context id that is even': associateRequest({ contexts: [{ ...storeContext, id: 2 }] }),
    'a context id proposed twice': associateRequest({ contexts: [storeContext, { ...echoContext, id: 1 }] }),
    '129 contexts': associateRequest({
      contexts: Array.from({ length: 129 }, (_, index) => ({ ...storeContext, id: (2 * index + 1) % 256 })),
    }),
    'no context': associateRequest({ contexts: [] }),
    'a thousand transfer syntaxes': associateRequest({
      contexts: [{ ...storeContext, transferSyntaxes: Array.from({ length: 1_000 }, (_, index) => `1.2.${index}`) }],
    }),
    'a maximum PDU length of 6': associateRequest({ maxPduLength: 6 }),
    'an item longer than its PDU': pdu(0x01, Buffer.concat([associateRequest().subarray(6, 74), Buffer.from([0x10, 0, 0xff, 0xff, 1])])),
    'a PDU too short': pdu(0x01, Buffer.alloc(20)),
  };
  for (const [what, request] of Object.entries(unfollowable)) {
    it(`aborts on ${what}`, async (t) => {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t);
      const peer = await RawPeer.connect(port);
      peer.send(request);
      const answers = await peer.rest();
      assert.deepEqual(
        answers.map(({ type, body }) => [type, body[2], body[3]]),
        [[0x07, 2, 6]],
      );
      assert.equal(engine.opened.length, 0);
      await engine.assertHealthy(receiver, port);
    });
  }

  it('announces its own maximum PDU length, whatever the peer announces, and keeps to that of the peer', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    for (const maxPduLength of [0, 64, 16_384, 1_000_000]) {
      const { peer, accept } = await propose(port, { maxPduLength });
      assert.equal(accept?.maxPduLength, 131_072);
      const response = await peer.store({ data: Buffer.alloc(40_000), fragment: 131_000 });
      assert.equal(response.status, 0);
      assert.ok(maxPduLength === 0 || peer.largestData <= maxPduLength, `${peer.largestData} bytes for a maximum of ${maxPduLength}`);
      await peer.release();
    }
    await engine.assertHealthy(receiver, port);
  });

  it('answers one operation at a time, and the peer as SCU only', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const role = Buffer.concat([Buffer.from([0, ctImageStorage.length]), Buffer.from(ctImageStorage, 'latin1'), Buffer.from([1, 1])]);
    const { peer, accept } = await propose(port, { userItems: [item(0x53, Buffer.from([0, 9, 0, 9])), item(0x54, role)] });
    const window = accept?.userItems.get(0x53);
    assert.ok(window === undefined || window.equals(Buffer.from([0, 1, 0, 1])));
    assert.deepEqual([...(accept?.userItems.get(0x54)?.subarray(-2) ?? [])], [1, 0]);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('says who proposes, with AE titles trimmed, and whether storage is among it', async (t) => {
    const engine = new MemoryEngine();
    const asked: unknown[] = [];
    const admit = (proposal: unknown): AssociationTerms => {
      asked.push(proposal);
      return openTerms;
    };
    const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, admit } });
    await (await RawPeer.associate(port, { callingAeTitle: ' CT1', calledAeTitle: 'LUNG' })).release();
    await (await RawPeer.associate(port, { contexts: [echoContext] })).release();
    assert.deepEqual(asked, [
      { callingAeTitle: 'CT1', calledAeTitle: 'LUNG', peer: '127.0.0.1', storage: true, tls: null },
      { callingAeTitle: 'RAW', calledAeTitle: 'GANTRY', peer: '127.0.0.1', storage: false, tls: null },
    ]);
    assert.equal(engine.opened[0]?.calledAeTitle, 'LUNG');
    assert.notEqual(engine.opened[0]?.id, engine.opened[1]?.id);
    await engine.assertHealthy(receiver, port);
  });

  it('rejects as the policy says (R13)', async (t) => {
    const engine = new MemoryEngine();
    const admit: ReceiverOptions['policy']['admit'] = async ({ callingAeTitle, calledAeTitle }) => {
      if (callingAeTitle === 'BAD') return { result: 1, source: 1, reason: 3, why: 'unknown source' };
      if (calledAeTitle === 'WRONG') return { result: 1, source: 1, reason: 7, why: 'no such AE title' };
      return calledAeTitle === 'FULL' ? { result: 2, source: 3, reason: 1, why: 'no space' } : openTerms;
    };
    const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, admit } });
    assert.equal(await RawPeer.rejection(port, { callingAeTitle: 'BAD' }), '1/1/3');
    assert.equal(await RawPeer.rejection(port, { calledAeTitle: 'WRONG' }), '1/1/7');
    assert.equal(await RawPeer.rejection(port, { calledAeTitle: 'FULL' }), '2/3/1');
    assert.equal(engine.opened.length, 0);
    assert.equal(engine.closed.length, 0);
    await engine.assertHealthy(receiver, port);
  });

  it('rejects what the Standard says of itself: version, application context, AE titles', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    assert.equal(await RawPeer.rejection(port, { protocolVersion: 2 }), '1/2/2');
    assert.equal(await RawPeer.rejection(port, { applicationContext: '1.2.3' }), '1/1/2');
    assert.equal(await RawPeer.rejection(port, { callingAeTitle: 'A\nB' }), '1/1/3');
    assert.equal(await RawPeer.rejection(port, { calledAeTitle: 'A\\B' }), '1/1/7');
    assert.equal(await RawPeer.rejection(port, { calledAeTitle: '' }), '1/1/7');
    await engine.assertHealthy(receiver, port);
  });

  it('rejects with 2/3/2 what is above its limit of associations, and has room again after one', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { maxAssociations: 2 });
    const first = await RawPeer.associate(port);
    const second = await RawPeer.associate(port);
    assert.equal(receiver.openAssociations(), 2);
    assert.equal(await RawPeer.rejection(port, {}), '2/3/2');
    await first.release();
    await until(() => receiver.openAssociations() === 1, 'one association');
    const third = await RawPeer.associate(port);
    assert.equal(await second.echo(), 0);
    await second.release();
    await third.release();
    await engine.assertHealthy(receiver, port);
  });

  it('counts associations that are still being decided on', async (t) => {
    const engine = new MemoryEngine();
    let decide: (answer: AssociationTerms) => void = () => {};
    const admit = (): Promise<AssociationTerms> =>
      new Promise((resolve) => {
        decide = resolve;
      });
    const { receiver, port } = await engine.start(t, { maxAssociations: 1, policy: { ...engine.policy, admit } });
    const waiting = await RawPeer.connect(port);
    waiting.send(associateRequest());
    await until(() => receiver.openAssociations() === 1, 'the first is being decided on');
    assert.equal(await RawPeer.rejection(port, {}), '2/3/2');
    decide(openTerms);
    assert.equal((await waiting.next())?.type, 0x02);
    await waiting.release();
  });

  it('aborts a peer that sends data, or proposes again, before it is answered', async (t) => {
    const engine = new MemoryEngine();
    let decide: (answer: AssociationTerms) => void = () => {};
    const admit = (): Promise<AssociationTerms> =>
      new Promise((resolve) => {
        decide = resolve;
      });
    const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, admit } });
    for (const early of [echoPdu(), associateRequest()]) {
      const peer = await RawPeer.connect(port);
      peer.send(associateRequest(), early);
      assert.deepEqual(
        (await peer.rest()).map(({ type }) => type),
        [0x07],
      );
      decide(openTerms);
    }
    await until(() => receiver.openAssociations() === 0, 'no open associations');
    assert.equal(engine.opened.length, engine.closed.length);
  });

  it('rejects as transient what the policy fails to decide, and says so in the log', async (t) => {
    const failing = new Error('the ledger is gone');
    const broken: readonly Partial<ReceiverOptions['policy']>[] = [
      { admit: () => Promise.reject(failing) },
      {
        admit: () => {
          throw failing;
        },
      },
      {
        admit: () => ({
          ...openTerms,
          acceptsSopClass: () => {
            throw failing;
          },
        }),
      },
      { opened: () => Promise.reject(failing) },
    ];
    for (const part of broken) {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, ...part } });
      assert.equal(await RawPeer.rejection(port, {}), '2/3/1');
      assert.equal(engine.closed.length, 0);
      assert.match(engine.faults.join(), /the ledger is gone/);
      await until(() => receiver.openAssociations() === 0, 'no open associations');
    }
  });
});

describe('listening', () => {
  it('fails with GY302 where the port is taken', async (t) => {
    const engine = new MemoryEngine();
    const { port } = await engine.start(t);
    await assert.rejects(
      engine.receive({ port }),
      (error) => error instanceof GantryError && error.code === 'GY302' && /EADDRINUSE/.test(error.message),
    );
  });

  it('refuses a PDU length that it could not announce', async () => {
    const engine = new MemoryEngine();
    for (const maxPduLength of [0, 4_095, 262_145, Number.NaN]) await assert.rejects(engine.receive({ maxPduLength }), RangeError);
  });
});
