import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { type InstanceSink, type ReceiverOptions, type StoreStatus, storeStatus } from '../../engine/dicom/index.ts';
import { MemoryEngine, until } from './memory-engine.ts';
import {
  abortRequest,
  commandSet,
  ctImageStorage,
  dataPdu,
  echoPdu,
  flags,
  mrImageStorage,
  pdv,
  RawPeer,
  releaseRequest,
  storeContext,
  storePdus,
} from './raw-peer.ts';

describe('C-STORE', () => {
  it('hands over the bytes as they are, and answers what the sink answers', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const peer = await RawPeer.associate(port);
    const sizes = [0, 1, 2, 15_999, 16_000, 16_001, 300_001];
    for (const [index, size] of sizes.entries()) {
      const data = randomBytes(size);
      const response = await peer.store({
        messageId: index + 1,
        sopInstance: `1.2.${index}`,
        data,
        fragment: index % 2 === 0 ? 16_000 : 999,
      });
      assert.deepEqual(
        [response.commandField, response.messageId, response.status, response.sopInstance],
        [0x8001, index + 1, 0x0000, `1.2.${index}`],
      );
      assert.ok(engine.stored.at(-1)?.data.equals(data), `${size} bytes`);
    }
    const { association, ...instance } = engine.stored[3] ?? assert.fail();
    assert.equal(association, engine.opened[0]);
    assert.deepEqual(instance.transferSyntaxUid, storeContext.transferSyntaxes[0]);
    assert.deepEqual([instance.sopClassUid, instance.sopInstanceUid], [ctImageStorage, '1.2.3']);
    await peer.release();
    await until(() => engine.closed.length === 1, 'the policy knows of the end');
    const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
    assert.deepEqual(engine.closed[0]?.summary, {
      how: 'released',
      why: null,
      stored: 7,
      failed: 0,
      sizeBytes,
      statuses: new Map([[0x0000, 7]]),
    });
    await engine.assertHealthy(receiver, port);
  });

  it('takes messages that are pipelined without waiting for answers, one at a time (R1)', async (t) => {
    const engine = new MemoryEngine();
    let under = 0;
    let most = 0;
    const policy: ReceiverOptions['policy'] = {
      ...engine.policy,
      instance(incoming) {
        under += 1;
        most = Math.max(most, under);
        const sink = engine.sink(incoming);
        const finish = async (): Promise<StoreStatus> => {
          await new Promise((resolve) => setTimeout(resolve, 3));
          under -= 1;
          return sink.finish();
        };
        return { ...sink, finish };
      },
    };
    const { receiver, port } = await engine.start(t, { policy });
    const peer = await RawPeer.associate(port);
    const datas = Array.from({ length: 30 }, () => randomBytes(50_000));
    peer.send(...datas.flatMap((data, index) => storePdus({ messageId: index + 1, sopInstance: `1.2.${index}`, data })), echoPdu(31));
    for (let messageId = 1; messageId <= 31; messageId += 1) {
      const response = await peer.response();
      assert.deepEqual([response.messageId, response.status], [messageId, 0]);
    }
    assert.equal(most, 1, 'one instance at a time');
    assert.ok(datas.every((data, index) => engine.stored[index]?.data.equals(data)));
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('takes a whole session in one write, release included, and one that comes byte by byte (R8)', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const data = randomBytes(700);
    const session = Buffer.concat([...storePdus({ data, fragment: 250 }), releaseRequest()]);
    for (const write of [
      (peer: RawPeer) => peer.send(session),
      async (peer: RawPeer) => {
        for (const byte of session) await new Promise<void>((resolve) => void peer.socket.write(Buffer.from([byte]), () => resolve()));
      },
    ]) {
      const peer = await RawPeer.associate(port);
      await write(peer);
      assert.equal((await peer.response()).status, 0);
      assert.equal((await peer.next())?.type, 0x06);
      peer.socket.end();
      assert.ok(engine.stored.at(-1)?.data.equals(data));
    }
    await engine.assertHealthy(receiver, port);
  });

  it('takes command and dataset as several PDVs of one PDU (R8)', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const peer = await RawPeer.associate(port);
    const command = commandSet({ commandField: 1, sopClass: ctImageStorage, sopInstance: '1.2.3', dataset: true });
    peer.send(
      dataPdu(
        pdv(1, flags.command, command.subarray(0, 11)),
        pdv(1, flags.lastCommand, command.subarray(11)),
        pdv(1, flags.data, Buffer.from('ab')),
      ),
      dataPdu(pdv(1, flags.data, Buffer.alloc(0)), pdv(1, flags.lastData, Buffer.from('c'))),
    );
    assert.equal((await peer.response()).status, 0);
    assert.equal(engine.stored[0]?.data.toString(), 'abc');
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('answers 0117 for what is no UID, and never lets it through (R14)', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const peer = await RawPeer.associate(port);
    const hostile = [
      '../../../tmp/x',
      '..\\x',
      '/etc/passwd',
      '',
      '   ',
      '1'.repeat(65),
      '1'.repeat(401),
      '1'.repeat(4_096),
      '1.2\0.3',
      '1..2',
      '.1.2',
      '1.2.',
      ' 1.2.3',
      '1.2.3\n',
      '1.2.3a',
      '\u0661.2',
      'CON',
    ];
    for (const sopInstance of hostile) {
      const response = await peer.store({ sopInstance, data: Buffer.alloc(1_000) });
      assert.deepEqual([response.status, response.sopInstance], [0x0117, null], JSON.stringify(sopInstance));
      assert.match(response.comment ?? '', /UID/);
    }
    assert.equal((await peer.store({ sopInstance: '1.2.3 ', data: Buffer.alloc(1) })).status, 0, 'padding is trimmed');
    assert.deepEqual(
      engine.stored.map(({ sopInstanceUid }) => sopInstanceUid),
      ['1.2.3'],
    );
    await peer.release();
    await until(() => engine.closed.length === 1, 'the policy knows of the end');
    assert.deepEqual(engine.closed[0]?.summary, {
      how: 'released',
      why: null,
      stored: 1,
      failed: hostile.length,
      sizeBytes: 1,
      statuses: new Map([
        [0x0117, hostile.length],
        [0x0000, 1],
      ]),
    });
    await engine.assertHealthy(receiver, port);
  });

  it('answers 0122 for a class other than its context stands for, C000 where there is no dataset', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const peer = await RawPeer.associate(port);
    assert.equal((await peer.store({ sopClass: mrImageStorage, data: Buffer.alloc(10) })).status, 0x0122);
    assert.equal((await peer.store({ contextId: 3, data: Buffer.alloc(10) })).status, 0x0122);
    peer.send(dataPdu(pdv(1, flags.lastCommand, commandSet({ commandField: 1, sopClass: ctImageStorage, sopInstance: '1.2.3' }))));
    assert.equal((await peer.response()).status, 0xc000);
    assert.equal(engine.stored.length, 0);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('answers what the policy refuses after reading and dropping the data', async (t) => {
    const engine = new MemoryEngine();
    const policy = { ...engine.policy, instance: () => storeStatus.outOfResources('no space left') };
    const { receiver, port } = await engine.start(t, { policy });
    const peer = await RawPeer.associate(port);
    const response = await peer.store({ data: Buffer.alloc(500_000) });
    assert.deepEqual([response.status, response.comment], [0xa700, 'no space left']);
    assert.equal(await peer.echo(), 0);
    await peer.release();
    await until(() => engine.closed.length === 1, 'the policy knows of the end');
    assert.deepEqual(engine.closed[0]?.summary, {
      how: 'released',
      why: null,
      stored: 0,
      failed: 1,
      sizeBytes: 0,
      statuses: new Map([[0xa700, 1]]),
    });
    await engine.assertHealthy(receiver, port);
  });

  it('is answered with words for every failure, those of the engine or of the Standard, fit to be shown', async (t) => {
    const engine = new MemoryEngine();
    let answer: StoreStatus = storeStatus.success();
    const policy = { ...engine.policy, instance: () => answer };
    const { receiver, port } = await engine.start(t, { policy });
    const peer = await RawPeer.associate(port);
    const answers: readonly (readonly [StoreStatus, string | null])[] = [
      [storeStatus.success(), null],
      [{ status: 0xb000, comment: null }, null],
      [{ status: 0xa700, comment: null }, 'out of resources'],
      [{ status: 0xa900, comment: null }, 'dataset does not match SOP class'],
      [{ status: 0xc000, comment: null }, 'cannot understand'],
      [{ status: 0xc123, comment: null }, 'cannot understand'],
      [{ status: 0x0110, comment: null }, 'processing failure'],
      [{ status: 0x0117, comment: null }, 'invalid SOP instance'],
      [{ status: 0x0122, comment: null }, 'SOP class not supported'],
      [{ status: 0x0124, comment: null }, 'not authorized'],
      [{ status: 0x4321, comment: null }, 'failure'],
      [{ status: 0xa700, comment: `dis\\k\x1b[2J f\u00fcll\n${'x'.repeat(100)}` }, `dis?k?[2J f?ll?${'x'.repeat(49)}`],
    ];
    for (const [given, comment] of answers) {
      answer = given;
      const response = await peer.store({ data: Buffer.alloc(10) });
      assert.deepEqual([response.status, response.comment], [given.status, comment]);
    }
    await peer.release();
    await until(() => engine.closed.length === 1, 'the policy knows of the end');
    const { stored, failed, statuses } = engine.closed[0]?.summary ?? assert.fail();
    assert.deepEqual([stored, failed, statuses.get(0xa700), statuses.get(0xc123)], [2, 10, 2, 1]);
    await engine.assertHealthy(receiver, port);
  });

  it('is answered by its message id, also where the peer uses one twice', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const peer = await RawPeer.associate(port);
    for (const messageId of [0, 5, 5, 65_535, 5]) {
      peer.send(...storePdus({ messageId, sopInstance: '1.2.3', data: Buffer.alloc(10) }));
    }
    for (const messageId of [0, 5, 5, 65_535, 5]) {
      const response = await peer.response();
      assert.deepEqual([response.messageId, response.status], [messageId, 0]);
    }
    assert.equal(engine.stored.length, 5);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('counts a warning as stored', async (t) => {
    const engine = new MemoryEngine();
    const policy = { ...engine.policy, instance: () => ({ status: 0xb000, comment: null }) };
    const { receiver, port } = await engine.start(t, { policy });
    const peer = await RawPeer.associate(port);
    assert.equal((await peer.store({ data: Buffer.alloc(9) })).status, 0xb000);
    await peer.release();
    await until(() => engine.closed.length === 1, 'the policy knows of the end');
    assert.deepEqual(engine.closed[0]?.summary, {
      how: 'released',
      why: null,
      stored: 1,
      failed: 0,
      sizeBytes: 9,
      statuses: new Map([[0xb000, 1]]),
    });
    await engine.assertHealthy(receiver, port);
  });

  it('answers 0110 for whatever the policy throws, drops that instance, and takes the next', async (t) => {
    const fail = (): never => {
      throw new Error('broken on purpose');
    };
    const broken: Readonly<Record<string, Partial<InstanceSink> | null>> = {
      'no sink': null,
      write: { write: fail },
      drained: { write: () => false, drained: () => Promise.reject(new Error('broken on purpose')) },
      'finish throws': { finish: fail },
      'finish rejects': { finish: () => Promise.reject(new Error('broken on purpose')) },
      discard: { write: fail, discard: fail },
    };
    for (const [what, changes] of Object.entries(broken)) {
      const engine = new MemoryEngine();
      let calls = 0;
      const instance: ReceiverOptions['policy']['instance'] = (incoming) => {
        calls += 1;
        if (calls > 1) return engine.sink(incoming);
        return changes === null ? fail() : engine.sink(incoming, changes);
      };
      const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, instance } });
      const peer = await RawPeer.associate(port);
      assert.equal((await peer.store({ data: Buffer.alloc(50_000) })).status, 0x0110, what);
      assert.equal((await peer.store({ data: Buffer.alloc(50_000) })).status, 0x0000, what);
      await peer.release();
      await until(() => receiver.openAssociations() === 0, 'no open associations');
      assert.match(engine.faults.join(), /broken on purpose/, what);
      assert.equal(engine.discarded, ['write', 'drained'].includes(what) ? 1 : 0, what);
    }
  });

  it('reads nothing more from the peer while a sink is full', async (t) => {
    const engine = new MemoryEngine();
    let held = 0;
    let isFull = false;
    let drain: () => void = () => {};
    const instance: ReceiverOptions['policy']['instance'] = (incoming) =>
      engine.sink(incoming, {
        write(chunk) {
          assert.equal(isFull, false, 'a full sink is written to');
          held += chunk.length;
          isFull = true;
          return false;
        },
        drained: () =>
          new Promise((resolve) => {
            drain = () => {
              isFull = false;
              resolve();
            };
          }),
      });
    const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, instance } });
    const peer = await RawPeer.associate(port);
    const pdus = storePdus({ data: Buffer.alloc(32 * 1_048_576), fragment: 131_000 });
    let sent = 0;
    const sending = (async () => {
      for (const part of pdus) {
        await new Promise((resolve) => peer.socket.write(part, resolve));
        sent += 1;
      }
    })();
    await until(() => held > 0, 'the first bytes are here');
    // Long enough for all of it to come in, if anything took it.
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(sent < pdus.length / 2, `the peer got rid of ${sent} of ${pdus.length} PDUs`);
    assert.ok(held <= 131_072, `${held} bytes were taken`);
    let pulling = true;
    const pull = (): void => {
      drain();
      if (pulling) setImmediate(pull);
    };
    pull();
    t.after(() => {
      pulling = false;
    });
    await sending;
    assert.equal((await peer.response()).status, 0);
    assert.equal(held, 32 * 1_048_576);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('drops an instance that is cut off by A-ABORT (R9), by a closed or a reset connection (R10)', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const ways: Readonly<Record<string, readonly [(peer: RawPeer) => void, string]>> = {
      abort: [(peer) => peer.send(abortRequest()), 'aborted'],
      close: [(peer) => peer.socket.end(), 'lost'],
      reset: [(peer) => peer.socket.resetAndDestroy(), 'lost'],
    };
    for (const [what, [cut, how]] of Object.entries(ways)) {
      for (let round = 0; round < 7; round += 1) {
        const peer = await RawPeer.associate(port);
        assert.equal((await peer.store({ data: Buffer.alloc(3) })).status, 0);
        const pdus = storePdus({ data: Buffer.alloc(100_000) });
        peer.send(...pdus.slice(0, -1));
        await until(() => engine.openSinks === 1, 'the instance has begun');
        cut(peer);
        await peer.closed;
        await until(() => engine.openSinks === 0, `the sink is discarded after ${what}`);
        await until(() => receiver.openAssociations() === 0, 'no open associations');
        const { summary } = engine.closed.at(-1) ?? assert.fail();
        assert.deepEqual([summary.how, summary.stored, summary.failed, summary.sizeBytes], [how, 1, 0, 3], what);
      }
    }
    assert.equal(engine.discarded, 21);
    assert.equal(engine.stored.length, 21);
    await engine.assertHealthy(receiver, port);
  });

  it('lets a complete instance finish though its peer is gone, and only then tells of the end', async (t) => {
    const engine = new MemoryEngine();
    let finish: () => void = () => {};
    const instance: ReceiverOptions['policy']['instance'] = (incoming) => {
      const sink = engine.sink(incoming);
      const held = new Promise<void>((resolve) => {
        finish = resolve;
      });
      return { ...sink, finish: () => held.then(() => sink.finish()) };
    };
    const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, instance } });
    const peer = await RawPeer.associate(port);
    peer.send(...storePdus({ data: Buffer.alloc(100) }));
    await until(() => engine.openSinks === 1, 'the instance has begun');
    peer.socket.resetAndDestroy();
    await peer.closed;
    assert.equal(engine.closed.length, 0);
    finish();
    await until(() => engine.closed.length === 1, 'the policy knows of the end');
    const { how, stored, failed } = engine.closed[0]?.summary ?? assert.fail();
    assert.deepEqual([how, stored, failed], ['lost', 1, 0]);
    assert.equal(engine.discarded, 0);
    await until(() => receiver.openAssociations() === 0, 'no open associations');
  });

  it('survives a peer that asks and never reads the answers', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { timers: { progressMs: 300, artimMs: 100 } });
    const peer = await RawPeer.associate(port);
    peer.socket.pause();
    const before = process.memoryUsage().rss;
    const request = commandSet({ commandField: 1, sopClass: ctImageStorage, sopInstance: '1'.repeat(64) });
    const requests = Buffer.concat(Array.from({ length: 2_000 }, () => dataPdu(pdv(1, flags.lastCommand, request))));
    // For as long as they are taken.
    const ask = (failure?: Error | null): void => {
      if (failure == null) peer.socket.write(requests, ask);
    };
    ask();
    await until(() => engine.closed.length === 1, 'the peer is given up');
    assert.equal(engine.closed[0]?.summary.how, 'timeout');
    assert.ok(process.memoryUsage().rss - before < 300 * 1_048_576);
    peer.socket.destroy();
    await engine.assertHealthy(receiver, port);
  });
});

describe('other requests', () => {
  it('are answered 0211, their datasets dropped, and the association goes on', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const peer = await RawPeer.associate(port);
    for (const commandField of [0x0010, 0x0020, 0x0021, 0x0100, 0x0110, 0x0120, 0x0130, 0x0140, 0x0150, 0x0ffe]) {
      for (const dataset of [false, true]) {
        const command = commandSet({ commandField, messageId: 5, sopClass: ctImageStorage, dataset });
        peer.send(dataPdu(pdv(1, flags.lastCommand, command)));
        if (dataset) peer.send(dataPdu(pdv(1, flags.data, Buffer.alloc(50_000))), dataPdu(pdv(1, flags.lastData, Buffer.alloc(50_000))));
        const response = await peer.response();
        assert.deepEqual([response.commandField, response.messageId, response.status], [commandField | 0x8000, 5, 0x0211]);
      }
    }
    assert.equal(await peer.echo(), 0);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('C-CANCEL has no answer', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const peer = await RawPeer.associate(port);
    const cancel = commandSet({ commandField: 0x0fff, messageId: 1 });
    cancel.writeUInt16LE(0x0120, cancel.indexOf(Buffer.from([0x10, 0x01])));
    peer.send(dataPdu(pdv(1, flags.lastCommand, cancel)));
    assert.equal(await peer.echo(), 0);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });

  it('with a dataset that never ends are aborted after 8 MB', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const peer = await RawPeer.associate(port);
    peer.send(dataPdu(pdv(1, flags.lastCommand, commandSet({ commandField: 0x0020, sopClass: ctImageStorage, dataset: true }))));
    const megabyte = Array.from({ length: 10 }, () => dataPdu(pdv(1, flags.data, Buffer.alloc(104_858))));
    for (let round = 0; round < 9; round += 1) peer.send(...megabyte);
    assert.deepEqual(
      (await peer.rest()).map(({ type }) => type),
      [0x07],
    );
    await engine.assertHealthy(receiver, port);
  });
});
