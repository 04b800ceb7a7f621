import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import type { Receiver, ReceiverPolicy } from '../../engine/dicom/index.ts';
import { fuzzSeconds, hold, seeingAgain, somewhere } from './fuzzing.ts';
import { MemoryEngine, type StoredInstance, until } from './memory-engine.ts';
import { abortRequest, associateRequest, echoPdu, RawPeer, type ReceivedPdu, readResponse, releaseRequest, storePdus } from './raw-peer.ts';
import { type CompleteStore, completeStores, cutPdus } from './stream-oracle.ts';

const folder = join(import.meta.dirname, 'fixtures/associations');
const recorded = await Promise.all(
  (await readdir(folder)).sort().map(async (name) => [name.replace('.bin', ''), await readFile(join(folder, name))] as const),
);
const recordings: ReadonlyMap<string, Buffer> = new Map([
  ...recorded,
  [
    'by hand',
    Buffer.concat([
      associateRequest(),
      echoPdu(),
      ...[1, 2, 3, 4].flatMap((n) => storePdus({ messageId: n, sopInstance: `1.2.${n}`, data: Buffer.alloc(n * 333, n), fragment: 200 })),
      releaseRequest(),
    ]),
  ],
  ['aborted by hand', Buffer.concat([associateRequest(), ...storePdus({ data: Buffer.alloc(100, 5) }), abortRequest()])],
]);
const recording = fc.constantFrom(...recordings.keys());
const bytesOf = (name: string): Buffer => recordings.get(name) ?? assert.fail(name);

/** Positions, as fractions, to cut a stream at before it is written. */
const cuts = fc.array(somewhere, { maxLength: 12 });

function pieces(stream: Buffer, at: readonly number[]): Buffer[] {
  const positions = [...new Set(at.map((fraction) => Math.floor(fraction * stream.length)))].sort((a, b) => a - b);
  return [0, ...positions]
    .map((start, index) => stream.subarray(start, positions[index] ?? stream.length))
    .filter(({ length }) => length > 0);
}

async function write(peer: RawPeer, parts: readonly Buffer[]): Promise<void> {
  for (const part of parts) {
    if (peer.socket.destroyed || !peer.socket.writable) return;
    peer.send(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Says a stream in pieces. What follows the first PDU waits for the answer to it, which is handed over: sooner it would be unexpected (PS3.8 Table 9-10, Sta3). */
async function say(peer: RawPeer, stream: Buffer, at: readonly number[] = []): Promise<ReceivedPdu[]> {
  const first = cutPdus(stream)[0]?.length ?? 0;
  await write(peer, pieces(stream.subarray(0, first), at));
  const isWhole = first >= 6 && first === 6 + stream.readUInt32BE(2);
  const answer = isWhole ? await peer.next() : null;
  await write(peer, pieces(stream.subarray(first), at));
  return answer === null ? [] : [answer];
}

interface Instance {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly data: Buffer;
}
const spell = ({ sopClassUid, sopInstanceUid, data }: Instance): string =>
  `${sopClassUid} ${sopInstanceUid} ${data.length} bytes ${createHash('sha256').update(data).digest('base64')}`;
const spellAll = (instances: readonly (StoredInstance | CompleteStore)[]): string[] => instances.map(spell);

const answeredSuccess = (pdus: readonly ReceivedPdu[]): number =>
  pdus.filter((answer) => {
    if (answer.type !== 0x04) return false;
    const { commandField, status } = readResponse([answer]);
    return commandField === 0x8001 && status === 0;
  }).length;

/** That a run has left nothing behind, and the notes of the engine emptied for the next one. */
async function isOver(engine: MemoryEngine, receiver: Receiver): Promise<void> {
  await until(() => receiver.openAssociations() === 0 && engine.openSinks === 0, 'no association and no sink is open');
  assert.equal(engine.closed.length, engine.opened.length, 'each association opened was closed');
  assert.deepEqual(engine.faults, []);
  engine.stored.length = 0;
  engine.opened.length = 0;
  engine.closed.length = 0;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** What is left when garbage is collected; buffers are given back a little later than what held them. */
async function memoryUsed(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { heapUsed, external } = process.memoryUsage();
    least = Math.min(least, heapUsed + external);
  }
  return least;
}
const connections = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;

describe('a recorded association', () => {
  for (const [name, stream] of recordings)
    it(`of ${name} is stored as its bytes say`, async (t) => {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t);
      const peer = await RawPeer.connect(port);
      const answers = [...(await say(peer, stream)), ...(await peer.rest())];
      const expected = completeStores(stream);
      assert.deepEqual(spellAll(engine.stored), spellAll(expected));
      if (name !== 'aborted by hand') assert.equal(answeredSuccess(answers), expected.length);
      await engine.assertHealthy(receiver, port);
    });

  const whole = new Map(
    [...recordings]
      .filter(([name]) => name !== 'aborted by hand')
      .map(([name, stream]) => [name, { stream, expected: spellAll(completeStores(stream)) }] as const),
  );
  const split = fc.tuple(fc.constantFrom(...whole.keys()), cuts);

  it('is stored the same however it is split', { timeout: (fuzzSeconds + 60) * 1_000 }, async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    await hold(t, 0.15, split, async ([name, at]) => {
      const { stream, expected } = whole.get(name) ?? assert.fail(name);
      const peer = await RawPeer.connect(port);
      const answers = [...(await say(peer, stream, at)), ...(await peer.rest())];
      assert.equal(answers.at(-1)?.type, 0x06);
      assert.deepEqual(spellAll(engine.stored), expected);
      assert.equal(answeredSuccess(answers), expected.length);
      await isOver(engine, receiver);
    });
    await engine.assertHealthy(receiver, port);
  });

  it('is stored the same beside others, by an engine that keeps them waiting', { timeout: (fuzzSeconds + 60) * 1_000 }, async (t) => {
    const engine = new MemoryEngine();
    let turns = 0;
    const instance: ReceiverPolicy['instance'] = (incoming) => {
      const sink = engine.sink(incoming);
      const drained = async (): Promise<void> => {
        for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      };
      return { ...sink, drained, write: (chunk) => sink.write(chunk) && turns === 0 };
    };
    const { receiver, port } = await engine.start(t, { policy: { ...engine.policy, instance } });
    const several = fc.tuple(fc.array(split, { minLength: 2, maxLength: 5 }), fc.integer({ min: 0, max: 5 }));
    await hold(t, 0.15, several, async ([splits, waits]) => {
      turns = waits;
      await Promise.all(
        splits.map(async ([name, at]) => {
          const { stream, expected } = whole.get(name) ?? assert.fail(name);
          const peer = await RawPeer.connect(port);
          const answers = [...(await say(peer, stream, at)), ...(await peer.rest())];
          assert.equal(answeredSuccess(answers), expected.length);
        }),
      );
      const all = splits.flatMap(([name]) => whole.get(name)?.expected ?? []);
      assert.deepEqual(spellAll(engine.stored).sort(), all.sort());
      await isOver(engine, receiver);
    });
    await engine.assertHealthy(receiver, port);
  });

  it('that is cut off anywhere is stored as far as it is complete', { timeout: (fuzzSeconds + 60) * 1_000 }, async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const cut = fc.tuple(recording, somewhere, cuts, fc.boolean());
    await hold(t, 0.15, cut, async ([name, end, at, resets]) => {
      const stream = bytesOf(name);
      const truncated = stream.subarray(0, Math.floor(end * stream.length));
      const expected = spellAll(completeStores(truncated));
      const peer = await RawPeer.connect(port);
      await say(peer, truncated, at);
      await until(() => engine.stored.length === expected.length, 'what is complete is stored');
      if (resets) peer.socket.resetAndDestroy();
      else peer.socket.end();
      await peer.closed;
      await until(() => receiver.openAssociations() === 0, 'the association is over');
      assert.deepEqual(spellAll(engine.stored), expected);
      await isOver(engine, receiver);
    });
    await engine.assertHealthy(receiver, port);
  });
});

const length = fc.constantFrom(0, 1, 2, 5, 6, 7, 68, 0xffff, 131_072, 131_073, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff);
/** What is done to a stream; positions are fractions, of its PDUs or of its bytes. */
const blow = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: somewhere, value: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant('byte' as const), at: somewhere, value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant('pdu length' as const), at: somewhere, value: fc.oneof(length, fc.integer({ min: 0, max: 300 })) }),
  fc.record({ kind: fc.constant('pdu length by one' as const), at: somewhere, value: fc.constantFrom(-1, 1) }),
  fc.record({ kind: fc.constant('pdv length' as const), at: somewhere, value: fc.oneof(length, fc.integer({ min: 0, max: 300 })) }),
  fc.record({ kind: fc.constant('pdv header' as const), at: somewhere, value: fc.integer({ min: 0, max: 0xffff }) }),
  fc.record({ kind: fc.constant('element length' as const), at: somewhere, value: length }),
  fc.record({ kind: fc.constant('item length' as const), at: somewhere, value: fc.integer({ min: 0, max: 0xffff }) }),
  fc.record({ kind: fc.constant('duplicate' as const), at: somewhere, value: somewhere }),
  fc.record({ kind: fc.constant('move' as const), at: somewhere, value: somewhere }),
  fc.record({ kind: fc.constant('remove' as const), at: somewhere, value: somewhere }),
  fc.record({ kind: fc.constant('splice' as const), at: somewhere, value: somewhere, with: recording }),
  fc.record({ kind: fc.constant('drop bytes' as const), at: somewhere, value: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant('repeat bytes' as const), at: somewhere, value: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant('cut off' as const), at: somewhere, value: fc.constant(0) }),
);
type Blow = typeof blow extends fc.Arbitrary<infer T> ? T : never;

function struck(stream: Buffer, what: Blow): Buffer {
  const { kind, at, value } = what;
  const parts = cutPdus(stream).map((part) => Buffer.from(part));
  const n = Math.floor(at * parts.length);
  const part = parts[n] ?? Buffer.alloc(0);
  const byte = Math.floor(at * stream.length);
  const uint32 = (offset: number): void => void (offset + 4 <= part.length && part.writeUInt32BE(value >>> 0, offset));
  switch (kind) {
    case 'flip':
    case 'byte': {
      const bytes = Buffer.from(stream);
      if (bytes.length > 0) bytes[byte] = kind === 'byte' ? value : (bytes[byte] ?? 0) ^ (1 << value);
      return bytes;
    }
    case 'pdu length':
      uint32(2);
      break;
    case 'pdu length by one':
      if (part.length >= 6) part.writeUInt32BE((part.readUInt32BE(2) + value) >>> 0, 2);
      break;
    case 'pdv length':
      uint32(6);
      break;
    case 'pdv header':
      if (part.length >= 12) part.writeUInt16BE(value, 10);
      break;
    case 'element length':
      // Little endian, behind a tag of group 0000 or wherever else.
      if (part.length >= 24) part.writeUInt32LE(value >>> 0, 12 + Math.floor((at * 1_000) % (part.length - 16)));
      break;
    case 'item length':
      if ((parts[0]?.length ?? 0) > 80) parts[0]?.writeUInt16BE(value, 74 + Math.floor(at * (parts[0].length - 76)));
      break;
    case 'duplicate':
      parts.splice(Math.floor(value * parts.length), 0, part);
      break;
    case 'move':
      parts.splice(n, 1);
      parts.splice(Math.floor(value * parts.length), 0, part);
      break;
    case 'remove':
      parts.splice(n, 1);
      break;
    case 'splice': {
      const other = cutPdus(bytesOf(what.with));
      return Buffer.concat([...parts.slice(0, n), ...other.slice(Math.floor(value * other.length))]);
    }
    case 'drop bytes':
      return Buffer.concat([stream.subarray(0, byte), stream.subarray(byte + value)]);
    case 'repeat bytes':
      return Buffer.concat([stream.subarray(0, byte + value), stream.subarray(byte)]);
    case 'cut off':
      return stream.subarray(0, byte);
  }
  return Buffer.concat(parts);
}

const stream = fc.record({
  from: recording,
  blows: fc.array(blow, { minLength: 1, maxLength: 5 }),
  at: cuts,
  /** For the answer to the first PDU. */
  waits: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  // The peer closes once it has said all, resets the connection, or says nothing more until we end it.
  ending: fc.oneof(
    { weight: 8, arbitrary: fc.constant('closes' as const) },
    { weight: 3, arbitrary: fc.constant('resets' as const) },
    { weight: 1, arbitrary: fc.constant('waits' as const) },
  ),
});

describe('whatever a recorded association is turned into', () => {
  it('harms nothing, and what is stored was sent', { timeout: (fuzzSeconds + 60) * 1_000 }, async (t) => {
    const engine = new MemoryEngine();
    const timers = { associateRequestMs: 200, progressMs: 200, idleMs: 200, artimMs: 50 };
    const { receiver, port } = await engine.start(t, { timers });
    await engine.assertHealthy(receiver, port);
    for (const name of recordings.keys()) {
      const peer = await RawPeer.connect(port);
      await say(peer, bytesOf(name));
      await peer.rest();
      await isOver(engine, receiver);
    }
    const before = { memory: await memoryUsed(), connections: connections() };
    let stored = 0;
    let refused = 0;
    await hold(t, 0.55, stream, async ({ from, blows, at, waits, ending }) => {
      const bytes = blows.reduce(struck, bytesOf(from));
      const peer = await RawPeer.connect(port);
      const answers = waits ? await say(peer, bytes, at) : [];
      if (!waits) await write(peer, pieces(bytes, at));
      if (ending === 'closes') peer.socket.end();
      if (ending === 'resets') peer.socket.resetAndDestroy();
      answers.push(...(await peer.rest()));
      // A peer that resets is gone before the receiver may have read what it said.
      await until(() => receiver.openAssociations() === 0 && connections() <= before.connections, 'the association is over');
      const complete = new Set(spellAll(completeStores(bytes)));
      for (const instance of spellAll(engine.stored)) assert.ok(complete.has(instance), 'what is stored was sent, byte by byte');
      assert.ok(answeredSuccess(answers) <= engine.stored.length, 'no success for what is not stored');
      stored += engine.stored.length;
      if (answers.at(-1)?.type === 0x07) refused += 1;
      await isOver(engine, receiver);
    });
    await engine.assertHealthy(receiver, port);
    await until(() => connections() <= before.connections, 'the connections are closed');
    const grown = (await memoryUsed()) - before.memory;
    t.diagnostic(`${stored} instances stored, ${refused} associations aborted, ${Math.round(grown / 1e6)} MB more in memory`);
    assert.ok(grown < 5_000_000, `memory has grown by ${grown} bytes`);
    // Neither so much damage that nothing is ever stored, nor so little that nothing is ever refused.
    assert.ok((stored > 0 && refused > 0) || seeingAgain);
  });
});
