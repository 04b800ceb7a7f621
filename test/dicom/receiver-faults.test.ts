import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ReceiverOptions } from '../../engine/dicom/index.ts';
import { MemoryEngine, until } from './memory-engine.ts';
import {
  associateRequest,
  commandSet,
  ctImageStorage,
  dataPdu,
  echoPdu,
  flags,
  implicitLittleEndian,
  mrImageStorage,
  pdu,
  pdv,
  RawPeer,
  releaseRequest,
  storePdus,
  studyRootFind,
} from './raw-peer.ts';

const header = (type: number, length: number): Buffer => {
  const bytes = Buffer.from([type, 0, 0, 0, 0, 0]);
  bytes.writeUInt32BE(length, 2);
  return bytes;
};

const command = commandSet({ commandField: 1, sopClass: ctImageStorage, sopInstance: '1.2.3', dataset: true });
const begin = dataPdu(pdv(1, flags.lastCommand, command));

/** PS3.8 Table 9-26. */
const reason = { unrecognizedPdu: 1, unexpectedPdu: 2, invalidParameterValue: 6 } as const;
type Breach = readonly [Buffer, number];

/** What comes before an association. */
const unassociated: Readonly<Record<string, Breach>> = {
  'a PDU of 4 GB, then data (R2)': [Buffer.concat([header(0x04, 0xffffffff), Buffer.alloc(1_000_000)]), reason.unexpectedPdu],
  'an A-ASSOCIATE-RQ of 4 GB': [Buffer.concat([header(0x01, 0xffffffff), Buffer.alloc(1_000_000)]), reason.invalidParameterValue],
  'an A-ASSOCIATE-RQ one byte above the maximum': [header(0x01, 1_048_577), reason.invalidParameterValue],
  '3 MB of garbage (R4)': [Buffer.alloc(3_000_000, 0xa5), reason.unrecognizedPdu],
  'HTTP (R4)': [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), reason.unrecognizedPdu],
  'TLS (R4)': [Buffer.from('16030100c8010000c40303', 'hex'), reason.unrecognizedPdu],
  'data (R5)': [echoPdu(), reason.unexpectedPdu],
  'a release': [releaseRequest(), reason.unexpectedPdu],
  'an A-ASSOCIATE-AC': [pdu(0x02, associateRequest().subarray(6)), reason.unexpectedPdu],
  'an A-ASSOCIATE-RJ': [pdu(0x03, Buffer.from([0, 1, 1, 1])), reason.unexpectedPdu],
  'an A-RELEASE-RP': [pdu(0x06, Buffer.alloc(4)), reason.unexpectedPdu],
  'the header of data alone': [header(0x04, 100), reason.unexpectedPdu],
  'the header of an A-ASSOCIATE-AC alone': [header(0x02, 1_000_000), reason.unexpectedPdu],
};

/** What comes within one. */
const associated: Readonly<Record<string, Breach>> = {
  'a PDU of 4 GB, then data (R2)': [Buffer.concat([header(0x04, 0xffffffff), Buffer.alloc(1_000_000)]), reason.invalidParameterValue],
  'a PDU one byte above the maximum': [Buffer.concat([header(0x04, 131_073), Buffer.alloc(1_000)]), reason.invalidParameterValue],
  'a PDV of 4 GB (R3)': [
    Buffer.concat([header(0x04, 100), Buffer.from('fffffff00103', 'hex'), Buffer.alloc(94)]),
    reason.invalidParameterValue,
  ],
  'a PDV of 0 bytes (R3)': [Buffer.concat([header(0x04, 6), Buffer.from('000000000103', 'hex')]), reason.invalidParameterValue],
  'a P-DATA-TF of 4 bytes (R3)': [Buffer.concat([header(0x04, 4), Buffer.alloc(4)]), reason.invalidParameterValue],
  'garbage (R4)': [Buffer.alloc(100_000, 0xa5), reason.unrecognizedPdu],
  'data before a command (R5)': [dataPdu(pdv(1, flags.lastData, Buffer.alloc(10))), reason.unexpectedPdu],
  'an unknown presentation context (R6)': [dataPdu(pdv(99, flags.lastCommand, command)), reason.invalidParameterValue],
  'a context whose abstract syntax was refused (R6)': [dataPdu(pdv(5, flags.lastCommand, command)), reason.invalidParameterValue],
  'a second association request': [associateRequest(), reason.unexpectedPdu],
  'a second association request inside a message': [Buffer.concat([begin, associateRequest()]), reason.unexpectedPdu],
  'the header of a second association request alone': [header(0x01, 1_000_000), reason.unexpectedPdu],
  'the header of an A-ASSOCIATE-AC alone': [header(0x02, 1_000_000), reason.unexpectedPdu],
  'an A-ASSOCIATE-RJ': [pdu(0x03, Buffer.from([0, 1, 1, 1])), reason.unexpectedPdu],
  'an A-RELEASE-RP': [pdu(0x06, Buffer.alloc(4)), reason.unexpectedPdu],
  'a release of 5 bytes': [pdu(0x05, Buffer.alloc(5)), reason.invalidParameterValue],
  'a release inside a message': [Buffer.concat([begin, releaseRequest()]), reason.unexpectedPdu],
  'a command inside a dataset': [Buffer.concat([begin, dataPdu(pdv(1, flags.data, Buffer.alloc(9))), begin]), reason.unexpectedPdu],
  'data inside a command': [
    dataPdu(pdv(1, flags.command, command.subarray(0, 20)), pdv(1, flags.lastData, Buffer.alloc(9))),
    reason.unexpectedPdu,
  ],
  'a dataset in another context': [Buffer.concat([begin, dataPdu(pdv(7, flags.lastData, Buffer.alloc(9)))]), reason.unexpectedPdu],
  'a command set of garbage': [dataPdu(pdv(1, flags.lastCommand, Buffer.alloc(50, 0xff))), reason.invalidParameterValue],
  'an empty command set': [dataPdu(pdv(1, flags.lastCommand, Buffer.alloc(0))), reason.invalidParameterValue],
  'a command set that never ends': [
    Buffer.concat(Array.from({ length: 9 }, () => dataPdu(pdv(1, flags.command, Buffer.alloc(8_000))))),
    reason.invalidParameterValue,
  ],
  'a response to nothing': [
    dataPdu(pdv(1, flags.lastCommand, commandSet({ commandField: 0x8001, sopClass: ctImageStorage }))),
    reason.unexpectedPdu,
  ],
};

const contexts = [
  { id: 1, abstractSyntax: ctImageStorage, transferSyntaxes: [implicitLittleEndian] },
  { id: 3, abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: [implicitLittleEndian] },
  { id: 5, abstractSyntax: studyRootFind, transferSyntaxes: [implicitLittleEndian] },
  { id: 7, abstractSyntax: mrImageStorage, transferSyntaxes: [implicitLittleEndian] },
];

describe('a peer that breaks the protocol is aborted, and harms nothing', () => {
  for (const [what, [bytes, why]] of Object.entries(unassociated)) {
    it(`before an association: ${what}`, async (t) => {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t);
      const peer = await RawPeer.connect(port);
      peer.send(bytes);
      const answers = await peer.rest();
      assert.deepEqual(
        answers.map(({ type, body }) => [type, body[2], body[3]]),
        [[0x07, 2, why]],
      );
      assert.equal(engine.opened.length, 0);
      await engine.assertHealthy(receiver, port);
    });
  }

  for (const [what, [bytes, why]] of Object.entries(associated)) {
    it(`in an association: ${what}`, async (t) => {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t);
      const peer = await RawPeer.associate(port, { contexts });
      peer.send(bytes);
      const answers = await peer.rest();
      assert.deepEqual(
        answers.map(({ type, body }) => [type, body[2], body[3]]),
        [[0x07, 2, why]],
      );
      await until(() => engine.closed.length === 1, 'the policy knows of the end');
      assert.equal(engine.closed[0]?.summary.how, 'aborted');
      assert.notEqual(engine.closed[0]?.summary.why, null);
      assert.equal(engine.stored.length, 0);
      await engine.assertHealthy(receiver, port);
    });
  }

  it('whichever byte of a session is another one', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { timers: { associateRequestMs: 500, progressMs: 500, idleMs: 500, artimMs: 20 } });
    const session = Buffer.concat([
      associateRequest({ contexts }),
      ...storePdus({ data: Buffer.alloc(300), fragment: 100 }),
      releaseRequest(),
    ]);
    const mutation = fc.tuple(fc.nat(session.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
        const bytes = Buffer.from(session);
        for (const [at, value] of mutations) bytes[at] = value;
        const peer = await RawPeer.connect(port);
        peer.send(bytes);
        await peer.rest();
      }),
      { numRuns: 60 },
    );
    await engine.assertHealthy(receiver, port);
  });
});

describe('a peer that falls silent', () => {
  /** Half-open: keeps its side of the connection whatever comes. */
  const muteSocket = async (port: number) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };

  it('is cut off: without a word, in half a header, slowly, in half a request (R11)', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { timers: { associateRequestMs: 500, artimMs: 100 } });
    const ways: readonly ((write: (bytes: Buffer) => void) => NodeJS.Timeout | undefined)[] = [
      () => undefined,
      (write) => void write(associateRequest().subarray(0, 5)),
      (write) => void write(associateRequest().subarray(0, 100)),
      // A byte every 20 ms: the request must be whole in time, not only move.
      (write) => {
        let at = 0;
        return setInterval(() => write(associateRequest().subarray(at, ++at)), 20);
      },
    ];
    for (const begin of ways) {
      const socket = await muteSocket(port);
      const timer = begin((bytes) => void socket.write(bytes));
      socket.resume();
      await once(socket, 'end');
      clearInterval(timer);
      socket.destroy();
    }
    assert.equal(engine.opened.length, 0);
    await engine.assertHealthy(receiver, port);
  });

  const silences: Readonly<Record<string, readonly [readonly Buffer[], NonNullable<ReceiverOptions['timers']>]>> = {
    'between messages, at the idle limit': [[], { idleMs: 150, progressMs: 60_000 }],
    'inside a message, at the limit for progress': [[begin], { idleMs: 60_000, progressMs: 150 }],
    'inside a PDU, at the limit for progress': [[header(0x04, 100)], { idleMs: 60_000, progressMs: 150 }],
  };
  for (const [what, [said, limits]] of Object.entries(silences)) {
    it(`is cut off in its association ${what} (R11)`, async (t) => {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t, { timers: { artimMs: 100, ...limits } });
      const peer = await RawPeer.associate(port);
      peer.send(...said);
      assert.deepEqual(
        (await peer.rest()).map(({ type }) => type),
        [0x07],
      );
      await until(() => engine.closed.length === 1, 'the policy knows of the end');
      assert.equal(engine.closed[0]?.summary.how, 'timeout');
      await engine.assertHealthy(receiver, port);
    });
  }

  it('is destroyed by ARTIM where it does not close after our last word (B8)', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { timers: { artimMs: 100 } });
    const socket = await muteSocket(port);
    socket.write(associateRequest());
    await once(socket, 'data');
    // From here on it reads nothing, and it never closes.
    socket.pause();
    socket.write(releaseRequest());
    await until(() => engine.closed.length === 1, 'the association is over though the peer did not close');
    socket.destroy();
    await engine.assertHealthy(receiver, port);
  });

  it('has its instance dropped at once where it breaks the protocol, though it does not close', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { timers: { artimMs: 60_000 } });
    const peer = await RawPeer.connect(port, { halfOpen: true });
    peer.send(associateRequest());
    await peer.next();
    peer.send(begin, dataPdu(pdv(1, flags.data, Buffer.alloc(10))), Buffer.alloc(10, 0xff));
    assert.equal((await peer.next())?.type, 0x07);
    await until(() => engine.discarded === 1, 'the instance is dropped');
    assert.equal(engine.closed.length, 0);
    peer.socket.end();
    await engine.assertHealthy(receiver, port);
  });

  it('keeps its time as long as it moves', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { timers: { progressMs: 1_500, idleMs: 1_500, artimMs: 100 } });
    const peer = await RawPeer.associate(port);
    const data = Buffer.alloc(10_000, 3);
    for (const part of storePdus({ data, fragment: 1_400 })) {
      peer.send(part);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    assert.equal((await peer.response()).status, 0);
    assert.ok(engine.stored[0]?.data.equals(data));
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('is not blamed for the time that the engine takes', async (t) => {
    const engine = new MemoryEngine();
    const instance: ReceiverOptions['policy']['instance'] = (incoming) => {
      const sink = engine.sink(incoming);
      const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 900));
      return { ...sink, write: (chunk) => sink.write(chunk) && false, drained: slow, finish: () => slow().then(() => sink.finish()) };
    };
    const { receiver, port } = await engine.start(t, {
      policy: { ...engine.policy, instance },
      timers: { progressMs: 600, idleMs: 600, artimMs: 100 },
    });
    const peer = await RawPeer.associate(port);
    assert.equal((await peer.store({ data: Buffer.alloc(100) })).status, 0);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('in numbers does not keep others out', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { maxAssociations: 2 });
    const silent = await Promise.all(Array.from({ length: 300 }, () => muteSocket(port)));
    const peer = await RawPeer.associate(port);
    assert.equal(await peer.echo(), 0);
    await peer.release();
    for (const socket of silent) socket.destroy();
    await engine.assertHealthy(receiver, port);
  });
});

describe('stopping', () => {
  it('lets a message under way finish, and aborts what is idle', async () => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.receive();
    const idle = await RawPeer.associate(port);
    const busy = await RawPeer.associate(port);
    const pending = await RawPeer.connect(port);
    const pdus = storePdus({ data: Buffer.alloc(50_000, 1) });
    busy.send(...pdus.slice(0, -1));
    await until(() => engine.openSinks === 1, 'the instance has begun');
    const stopped = receiver.stop({ graceMs: 10_000 });
    assert.deepEqual(
      (await idle.rest()).map(({ type, body }) => [type, body[2]]),
      [[0x07, 0]],
    );
    assert.deepEqual(await pending.rest(), []);
    busy.send(pdus.at(-1) ?? assert.fail(), echoPdu(9));
    assert.equal((await busy.response()).status, 0);
    assert.deepEqual(
      (await busy.rest()).map(({ type }) => type),
      [0x07],
      'the message after it is not taken',
    );
    await stopped;
    assert.equal(receiver.openAssociations(), 0);
    assert.equal(engine.stored.length, 1);
    assert.equal(engine.closed.length, 2);
    const late = connect({ port, host: '127.0.0.1' });
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNREFUSED');
  });

  it('gives up after its grace on a message that does not end, and on a policy that does not answer', async () => {
    const engine = new MemoryEngine();
    const never = new Promise<never>(() => {});
    const instance: ReceiverOptions['policy']['instance'] = (incoming) => engine.sink(incoming, { finish: () => never });
    const { receiver, port } = await engine.receive({ policy: { ...engine.policy, instance }, timers: { artimMs: 50 } });
    const cut = await RawPeer.associate(port);
    cut.send(begin);
    const stuck = await RawPeer.associate(port);
    stuck.send(...storePdus({ data: Buffer.alloc(10) }));
    await until(() => engine.openSinks === 2, 'both instances have begun');
    await receiver.stop({ graceMs: 50 });
    assert.equal(engine.discarded, 1);
    await Promise.all([cut.rest(), stuck.rest()]);
    assert.equal(engine.stored.length, 0);
  });
});
