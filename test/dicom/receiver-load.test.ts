import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { ReceiverPolicy } from '../../engine/dicom/index.ts';
import { MemoryEngine, until } from './memory-engine.ts';
import { associateRequest, commandSet, ctImageStorage, dataPdu, flags, pdv, RawPeer } from './raw-peer.ts';

const command = commandSet({ commandField: 1, sopClass: ctImageStorage, sopInstance: '1.2.3', dataset: true });
const begin = dataPdu(pdv(1, flags.lastCommand, command));

describe('two hundred associations at once', () => {
  it('are all served below the limit, rejected with 2/3/2 above it, and keep no C-ECHO waiting (R12)', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { maxAssociations: 201 });
    const peers = await Promise.all(Array.from({ length: 200 }, () => RawPeer.associate(port)));
    const bystander = await RawPeer.associate(port);
    const above = await RawPeer.connect(port);
    above.send(associateRequest());
    const rejection = await above.next();
    assert.deepEqual([rejection?.type, ...(rejection?.body.subarray(1) ?? [])], [0x03, 2, 3, 2]);

    let storing = true;
    const waits: number[] = [];
    const echoing = (async () => {
      while (storing) {
        const asked = performance.now();
        assert.equal(await bystander.echo(), 0);
        waits.push(performance.now() - asked);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const data = Buffer.alloc(100_000, 5);
    const responses = await Promise.all(
      peers.map(async (peer, index) => {
        const first = await peer.store({ sopInstance: `1.2.${index}`, data });
        return [first.status, (await peer.store({ sopInstance: `1.3.${index}`, data })).status];
      }),
    );
    storing = false;
    await echoing;
    assert.ok(responses.every(([first, second]) => first === 0 && second === 0));
    assert.equal(new Set(engine.stored.map(({ sopInstanceUid }) => sopInstanceUid)).size, 400);
    assert.ok(waits.length > 0 && Math.max(...waits) < 5_000, `${Math.max(...waits)} ms for a C-ECHO`);
    await Promise.all([...peers, bystander].map((peer) => peer.release()));
    await until(() => engine.closed.length === 201, 'the policy knows of all ends');
    await engine.assertHealthy(receiver, port);
  });
});

describe('thirty associations that send more than is read of each in its turn', () => {
  it('have every instance whole, also where the engine makes some wait', async (t) => {
    const engine = new MemoryEngine();
    const received = new Map<string, string>();
    const instance: ReceiverPolicy['instance'] = (incoming) => {
      const hash = createHash('sha256');
      let writes = 0;
      return engine.sink(incoming, {
        write(chunk) {
          hash.update(chunk);
          received.set(incoming.sopInstanceUid, hash.copy().digest('hex'));
          writes += 1;
          return writes % 3 !== 0;
        },
        drained: () => new Promise((resolve) => setImmediate(() => resolve())),
      });
    };
    const { receiver, port } = await engine.start(t, { maxAssociations: 30, policy: { ...engine.policy, instance } });
    const peers = await Promise.all(Array.from({ length: 30 }, () => RawPeer.associate(port)));
    await Promise.all(
      peers.map(async (peer, index) => {
        const sopInstance = `1.2.${index}`;
        const data = Buffer.alloc(3_000_000, index + 1);
        assert.equal((await peer.store({ sopInstance, data, fragment: 131_000 })).status, 0);
        assert.equal(received.get(sopInstance), createHash('sha256').update(data).digest('hex'));
        await peer.release();
      }),
    );
    await engine.assertHealthy(receiver, port);
  });
});

describe('thirty peers that vanish while they wait for their turn', () => {
  it('leave nothing behind', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t, { maxAssociations: 30 });
    const peers = await Promise.all(Array.from({ length: 30 }, () => RawPeer.associate(port)));
    const part = dataPdu(pdv(1, flags.data, Buffer.alloc(131_000, 7)));
    for (const peer of peers) peer.send(begin, ...Array.from({ length: 20 }, () => part));
    await until(() => engine.openSinks === 30, 'all have begun');
    for (const peer of peers) peer.socket.resetAndDestroy();
    await until(() => engine.closed.length === 30, 'the policy knows of all ends');
    assert.deepEqual([...new Set(engine.closed.map(({ summary }) => summary.how))], ['lost']);
    await engine.assertHealthy(receiver, port);
  });
});

describe('an instance of 300 MB', () => {
  it('takes no more memory than a small one (R15)', async (t) => {
    const engine = new MemoryEngine();
    let sizeBytes = 0;
    const instance: ReceiverPolicy['instance'] = (incoming) =>
      engine.sink(incoming, {
        write(chunk) {
          sizeBytes += chunk.length;
          return true;
        },
      });
    const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, instance } });
    const peer = await RawPeer.associate(port);
    const fragment = Buffer.alloc(131_000, 7);
    const [head, middle, tail] = [begin, dataPdu(pdv(1, flags.data, fragment)), dataPdu(pdv(1, flags.lastData, fragment))];
    const before = process.memoryUsage().rss;
    peer.send(head);
    const fragments = 2_300;
    let most = 0;
    for (let sent = 1; sent < fragments; sent += 1) {
      await new Promise((resolve) => peer.socket.write(middle, resolve));
      if (sent % 100 === 0) most = Math.max(most, process.memoryUsage().rss);
    }
    peer.send(tail);
    assert.equal((await peer.response()).status, 0);
    assert.equal(sizeBytes, fragments * fragment.length);
    assert.ok(most - before < 100 * 1_048_576, `${(most - before) / 1_048_576} MB more`);
    await peer.release();
    await engine.assertHealthy(receiver, port);
  });
});
