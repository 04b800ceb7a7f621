import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { InboundAssociation } from '../../engine/dicom/inbound-association.ts';
import type { ReceiverPolicy } from '../../engine/dicom/index.ts';
import { AssociationPlaces } from '../../engine/dicom/index.ts';
import { silentLog } from '../../engine/log/index.ts';
import { MemoryEngine, until } from './memory-engine.ts';
import { commandSet, ctImageStorage, dataPdu, echoPdu, flags, pdv, RawPeer, storePdus } from './raw-peer.ts';

const command = commandSet({ commandField: 1, sopClass: ctImageStorage, sopInstance: '1.2.3', dataset: true });
const begin = dataPdu(pdv(1, flags.lastCommand, command));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const never = new Promise<never>(() => {});

/** Sends a piece every now and then until the connection ends; how it ended, and why. */
async function trickle(engine: MemoryEngine, peer: RawPeer, piece: Buffer, everyMs: number): Promise<[string | undefined, string]> {
  peer.send(begin);
  const timer = setInterval(() => peer.send(piece), everyMs);
  await peer.rest();
  clearInterval(timer);
  await until(() => engine.closed.length === 1, 'the policy knows of the end');
  const { how, why } = engine.closed[0]?.summary ?? assert.fail();
  return [how, why ?? ''];
}

describe('a peer that keeps a message open', () => {
  it('by a byte now and then is cut off at the limit for progress (slow loris)', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { timers: { progressMs: 300, artimMs: 100 } });
    const begun = performance.now();
    const end = await trickle(engine, await RawPeer.associate(port), dataPdu(pdv(1, flags.data, Buffer.alloc(1))), 20);
    assert.equal(end[0], 'timeout');
    assert.match(end[1], /no progress for 300 ms/);
    assert.ok(performance.now() - begun < 5_000);
    assert.equal(engine.discarded, 1);
    await engine.assertHealthy(receiver, port);
  });

  it('by PDVs of no data is cut off all the same', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { timers: { progressMs: 300, artimMs: 100 } });
    const nothing = dataPdu(...Array.from({ length: 1_000 }, () => pdv(1, flags.data, Buffer.alloc(0))));
    assert.equal((await trickle(engine, await RawPeer.associate(port), nothing, 20))[0], 'timeout');
    await engine.assertHealthy(receiver, port);
  });

  it('for longer than any message may take is cut off though it moves', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { timers: { progressMs: 5_000, messageMs: 400, artimMs: 100 } });
    const peer = await RawPeer.associate(port);
    assert.equal((await trickle(engine, peer, dataPdu(pdv(1, flags.data, Buffer.alloc(4_000))), 20))[0], 'timeout');
    await engine.assertHealthy(receiver, port);
  });

  it('has its whole time for each message, though it is inside of one at all times', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { timers: { progressMs: 5_000, messageMs: 600, idleMs: 600, artimMs: 100 } });
    const peer = await RawPeer.associate(port);
    const [head, tail] = storePdus({ data: Buffer.alloc(10) });
    assert.ok(head !== undefined && tail !== undefined);
    peer.send(head);
    for (let message = 0; message < 15; message += 1) {
      await pause(100);
      peer.send(tail, head);
      assert.equal((await peer.response()).status, 0);
    }
    peer.send(tail);
    assert.equal((await peer.response()).status, 0);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('does not pay for the time that the engine takes', async (t) => {
    const engine = new MemoryEngine();
    const instance: ReceiverPolicy['instance'] = (incoming) => {
      const sink = engine.sink(incoming);
      return { ...sink, write: (chunk) => sink.write(chunk) && false, drained: () => pause(500) };
    };
    const { receiver, port } = await engine.start(t, {
      policy: { ...engine.policy, instance },
      timers: { progressMs: 800, messageMs: 800, idleMs: 800, artimMs: 100 },
    });
    const peer = await RawPeer.associate(port);
    // Three pieces: half a second each for the engine, and next to nothing for the peer.
    for (const part of storePdus({ data: Buffer.alloc(2_400), fragment: 800 })) {
      peer.send(part);
      await pause(550);
    }
    assert.equal((await peer.response()).status, 0);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });
});

describe('a peer whose instance has to wait for the engine', () => {
  const fullSink = (engine: MemoryEngine): ReceiverPolicy => ({
    ...engine.policy,
    instance: (incoming) => engine.sink(incoming, { write: () => false, drained: () => never }),
  });

  it('gets rid of no more than a few buffers, however much it pushes', async (t) => {
    const engine = new MemoryEngine();
    const accepted: Socket[] = [];
    const timers = { associateRequestMs: 30_000, progressMs: 60_000, messageMs: 60_000, idleMs: 60_000, artimMs: 100 };
    const places = new AssociationPlaces(1);
    const host = { policy: fullSink(engine), log: silentLog, maxPduLength: 131_072, timers, takePlace: () => places.take() };
    const server = createServer((socket) => {
      accepted.push(socket);
      new InboundAssociation(socket, host);
    });
    t.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const peer = await RawPeer.associate((server.address() as AddressInfo).port);
    const piece = Buffer.concat(storePdus({ data: Buffer.alloc(1_048_576), fragment: 131_000 }).slice(1, -1));
    peer.send(begin);
    for (let pushed = 0; pushed < 100; pushed += 1) peer.socket.write(piece);
    const [socket] = accepted;
    assert.ok(socket !== undefined);
    await until(() => socket.isPaused(), 'the socket is paused');
    const taken = socket.bytesRead;
    await pause(200);
    assert.equal(socket.bytesRead, taken);
    assert.ok(taken < 1_048_576, `${taken} bytes were taken`);
    peer.socket.resetAndDestroy();
    await until(() => places.taken === 0, 'its place is free');
    assert.equal(engine.discarded, 1);
  });

  const ways: Readonly<Record<string, readonly [bytes: number, (peer: RawPeer) => unknown]>> = {
    'is reset, with little on its way': [50_000, (peer) => peer.socket.resetAndDestroy()],
    'is closed, with little on its way': [50_000, (peer) => peer.socket.end()],
    'is reset, its socket paused': [20_000_000, (peer) => peer.socket.resetAndDestroy()],
  };
  for (const [what, [bytes, leave]] of Object.entries(ways)) {
    it(`is noticed soon where it ${what}`, async (t) => {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t, { policy: fullSink(engine) });
      const peer = await RawPeer.associate(port);
      peer.send(...storePdus({ data: Buffer.alloc(bytes) }).slice(0, -1));
      await until(() => engine.openSinks === 1, 'the instance has begun');
      await pause(100);
      const left = performance.now();
      leave(peer);
      await until(() => engine.closed.length === 1, 'the policy knows of the end');
      assert.ok(performance.now() - left < 5_000);
      assert.equal(engine.closed[0]?.summary.how, 'lost');
      assert.equal(engine.discarded, 1);
      await engine.assertHealthy(receiver, port);
    });
  }

  it('is noticed to be gone while its instance is finished, and what it sent behind is not processed', async (t) => {
    const engine = new MemoryEngine();
    const finish = Promise.withResolvers<void>();
    const instance: ReceiverPolicy['instance'] = (incoming) => {
      const sink = engine.sink(incoming);
      return { ...sink, finish: () => finish.promise.then(() => sink.finish()) };
    };
    const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, instance } });
    const peer = await RawPeer.associate(port);
    const data = pdv(1, flags.lastData, Buffer.alloc(10));
    // The second message is in the PDU that the first one ends with, the others behind it.
    peer.send(begin, dataPdu(data, pdv(1, flags.lastCommand, command), data), echoPdu(3), begin, dataPdu(data));
    await until(() => engine.openSinks === 1, 'the first instance has come');
    peer.socket.resetAndDestroy();
    await peer.closed;
    await pause(50);
    finish.resolve();
    await until(() => engine.closed.length === 1, 'the policy knows of the end');
    const { how, stored } = engine.closed[0]?.summary ?? assert.fail();
    assert.deepEqual([how, stored], ['lost', 1]);
    await engine.assertHealthy(receiver, port);
    assert.equal(engine.stored.length, 1);
  });
});
