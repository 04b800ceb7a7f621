import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { MemoryEngine } from './memory-engine.ts';
import {
  associateRequest,
  ctImageStorage,
  echoPdu,
  implicitLittleEndian,
  item,
  pdu,
  RawPeer,
  readAccept,
  storeContext,
} from './raw-peer.ts';

/** A field with its length before it, as items of PS3.7 Annex D have them. */
const field = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};
const password = 'open sesame';
const identity = (type: number, wantsResponse: number): Buffer =>
  item(0x58, Buffer.concat([Buffer.from([type, wantsResponse]), field('ali.baba'), field(type === 2 ? password : '')]));
const related = Buffer.concat([field('1.2.3'), field('1.2.3.4.5')]);
const relatedField = Buffer.concat([Buffer.from([related.length >> 8, related.length & 0xff]), related]);

const tolerated: Readonly<Record<string, Buffer>> = {
  'SOP Class extended negotiation': item(0x56, Buffer.concat([field(ctImageStorage), Buffer.from([2, 0, 3, 0, 1, 0])])),
  'SOP Class extended negotiation without information': item(0x56, field(ctImageStorage)),
  'SOP Class common extended negotiation': item(
    0x57,
    Buffer.concat([field(ctImageStorage), field('1.2.840.10008.4.2'), relatedField, Buffer.alloc(4)]),
  ),
  'role selection for a class that is not proposed': item(0x54, Buffer.concat([field('1.2.3'), Buffer.from([0, 1])])),
  'user identity, a name': identity(1, 0),
  'user identity, name and password': identity(2, 1),
  'user identity, Kerberos': identity(3, 1),
  'user identity, SAML': identity(4, 1),
  'user identity, JSON Web Token': identity(5, 1),
  'a type that nobody knows': item(0x6f, Buffer.alloc(300, 0x41)),
  'an empty item': item(0x77, ''),
};

const tooLong = (type: number): Buffer => Buffer.concat([Buffer.from([type, 0, 0xff, 0xff]), Buffer.alloc(20)]);
const malformed: Readonly<Record<string, Buffer>> = {
  'an item longer than the user information': tooLong(0x58),
  'half an item header': Buffer.from([0x58, 0]),
  'a maximum length of two bytes': item(0x51, Buffer.from([0, 1])),
  'an operations window of three bytes': item(0x53, Buffer.from([0, 1, 0])),
  'a role without roles': item(0x54, field(ctImageStorage)),
  'a role whose class is longer than it': item(0x54, Buffer.from([0, 200, 0x31, 1, 1])),
  'an extended negotiation of one byte': item(0x56, Buffer.from([0])),
  'an extended negotiation whose class is longer than it': item(0x56, Buffer.from([0xff, 0xff, 0x31])),
  'a common extended negotiation without service class': item(0x57, field(ctImageStorage)),
  'a common extended negotiation whose related classes do not fit': item(
    0x57,
    Buffer.concat([field('1.2'), field('1.2'), Buffer.from([0, 4, 0, 9, 0x31, 0x32])]),
  ),
  'a user identity cut off in its primary field': item(0x58, Buffer.from([2, 1, 0, 9, 0x61])),
  'a user identity without secondary field': item(0x58, Buffer.concat([Buffer.from([1, 0]), field('ali.baba')])),
  'a user identity with bytes behind it': item(0x58, Buffer.concat([Buffer.from([1, 0]), field('a'), field(''), Buffer.alloc(1)])),
};

describe('what a requestor says of itself', () => {
  for (const [what, userItem] of Object.entries(tolerated)) {
    it(`is tolerated and not answered: ${what}`, async (t) => {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t);
      const peer = await RawPeer.connect(port);
      // Twice, and with a second item behind it: whoever loses their place in the first stumbles over it.
      peer.send(associateRequest({ userItems: [userItem, userItem, item(0x55, 'PEER_1')] }));
      const { userItems, contexts } = readAccept((await peer.next()) ?? assert.fail('closed'));
      assert.deepEqual(
        [...contexts.values()].map(({ result }) => result),
        [0, 0],
      );
      assert.deepEqual([...userItems.keys()].sort(), [0x51, 0x52, 0x55]);
      assert.equal(engine.opened[0]?.implementation.versionName, 'PEER_1');
      assert.equal((await peer.store({ data: Buffer.from('ab') })).status, 0);
      await peer.release();
      await engine.assertHealthy(receiver, port);
    });
  }

  for (const [what, userItem] of Object.entries(malformed)) {
    it(`aborts where it does not fit: ${what}`, async (t) => {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t);
      const peer = await RawPeer.connect(port);
      peer.send(associateRequest({ userItems: [userItem] }));
      assert.deepEqual(
        (await peer.rest()).map(({ type, body }) => [type, body[2], body[3]]),
        [[0x07, 2, 6]],
      );
      assert.equal(engine.opened.length, 0);
      await engine.assertHealthy(receiver, port);
    });
  }

  it('never has a credential of it in a log', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const ends: readonly Buffer[] = [echoPdu(), Buffer.alloc(20, 0xff), associateRequest({ userItems: [identity(2, 1)] })];
    for (const end of ends) {
      const peer = await RawPeer.associate(port, { userItems: [identity(2, 1)] });
      peer.send(end);
      if (end === ends[0]) assert.equal((await peer.response()).status, 0);
      peer.socket.end();
      await peer.closed;
    }
    const peer = await RawPeer.connect(port);
    peer.send(associateRequest({ userItems: [identity(2, 1), tooLong(0x58)] }));
    await peer.rest();
    const told = JSON.stringify([engine.logged, engine.opened, engine.closed, engine.rejected]);
    assert.match(engine.logged.join(), /do not fit/);
    assert.doesNotMatch(told, new RegExp(`${password}|ali.baba`));
    await engine.assertHealthy(receiver, port);
  });

  it('is kept of its implementation, printable and no longer than it may be; nothing where it names none', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    await (await RawPeer.associate(port, { userItems: [item(0x55, 'DCM4CHE_5 \0')] })).release();
    await (await RawPeer.associate(port, { userItems: [item(0x55, `\x07\n${'V'.repeat(60_000)}`)] })).release();
    const bare = await RawPeer.connect(port);
    // Its own items only: no class, no version.
    const request = associateRequest();
    const user = request.lastIndexOf(Buffer.from([0x50, 0]));
    bare.send(pdu(0x01, Buffer.concat([request.subarray(6, user), item(0x50, item(0x51, Buffer.from([0, 0, 0x40, 0])))])));
    assert.equal((await bare.next())?.type, 0x02);
    await bare.release();
    assert.deepEqual(
      engine.opened.map(({ implementation }) => implementation),
      [
        { classUid: '1.2.3.4', versionName: 'DCM4CHE_5' },
        { classUid: '1.2.3.4', versionName: `??${'V'.repeat(14)}` },
        { classUid: '', versionName: '' },
      ],
    );
    await engine.assertHealthy(receiver, port);
  });

  it('may have items of types that nobody knows around it, too', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const request = associateRequest({ contexts: [storeContext] });
    const unknown = item(0x6e, Buffer.from('20000004303030', 'hex'));
    const body = Buffer.concat([request.subarray(6, 74), unknown, request.subarray(74), unknown]);
    const peer = await RawPeer.connect(port);
    peer.send(pdu(0x01, body));
    const { contexts } = readAccept((await peer.next()) ?? assert.fail('closed'));
    assert.deepEqual([...contexts], [[1, { result: 0, transferSyntax: implicitLittleEndian }]]);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  for (const [what, context] of Object.entries({
    'no abstract syntax': item(0x40, implicitLittleEndian),
    'two abstract syntaxes': Buffer.concat([item(0x30, ctImageStorage), item(0x30, ctImageStorage), item(0x40, implicitLittleEndian)]),
    'nothing in it': Buffer.alloc(0),
  })) {
    it(`aborts on a presentation context with ${what}`, async (t) => {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t);
      const request = associateRequest({ contexts: [storeContext] });
      const user = request.lastIndexOf(Buffer.from([0x50, 0]));
      const proposed = item(0x20, Buffer.concat([Buffer.from([3, 0, 0, 0]), context]));
      const peer = await RawPeer.connect(port);
      peer.send(pdu(0x01, Buffer.concat([request.subarray(6, user), proposed, request.subarray(user)])));
      assert.deepEqual(
        (await peer.rest()).map(({ type, body }) => [type, body[2], body[3]]),
        [[0x07, 2, 6]],
      );
      await engine.assertHealthy(receiver, port);
    });
  }

  it('gets a proposed operations window answered 1/1, and no answer where none is proposed', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    for (const proposed of [[0, 1, 0, 1], [0, 0, 0, 0], [0, 9, 0, 7], null]) {
      const peer = await RawPeer.connect(port);
      peer.send(associateRequest({ userItems: proposed === null ? [] : [item(0x53, Buffer.from(proposed))] }));
      const { userItems, maxPduLength } = readAccept((await peer.next()) ?? assert.fail('closed'));
      assert.deepEqual(userItems.get(0x53), proposed === null ? undefined : Buffer.from([0, 1, 0, 1]));
      assert.equal(maxPduLength, 131_072);
      await peer.release();
    }
    await engine.assertHealthy(receiver, port);
  });
});
