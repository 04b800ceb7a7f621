import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { MemoryEngine, until } from './memory-engine.ts';
import { ctImageStorage, dataPdu, implicitLittleEndian, item, pdu, RawPeer, type ReceivedPdu, releaseRequest } from './raw-peer.ts';
import { told } from './told.ts';

interface Fixture {
  readonly pdus: Readonly<Record<string, string>>;
  readonly items: Readonly<Record<string, string>>;
  readonly messages: Readonly<Record<string, string>>;
}

const fixture = JSON.parse(await readFile(join(import.meta.dirname, 'fixtures/pynetdicom-pdus.json'), 'utf8')) as Fixture;
const bytesOf = (kind: keyof Fixture, name: string): Buffer => Buffer.from(fixture[kind][name] ?? assert.fail(`no ${name}`), 'hex');

const unexpected = ['A-ABORT 2/2'];
const first: Readonly<Record<string, readonly string[]>> = {
  a_associate_rq: ['A-ASSOCIATE-AC'],
  a_associate_rq_user_async: ['A-ASSOCIATE-AC'],
  a_associate_rq_role: ['A-ASSOCIATE-AC'],
  a_associate_rq_user_id_user_pass: ['A-ASSOCIATE-AC'],
  a_associate_rq_user_id_ext_neg: ['A-ASSOCIATE-AC'],
  // For all its name an A-ASSOCIATE-AC there.
  a_associate_rq_com_ext_neg: unexpected,
  a_associate_rq_called: ['A-ASSOCIATE-RJ 1/1/7'],
  a_associate_rq_calling: ['A-ASSOCIATE-RJ 1/1/3'],
  a_associate_ac: unexpected,
  // 14 bytes longer than its length says.
  a_associate_ac_user: unexpected,
  a_associate_ac_zero_ts: unexpected,
  a_associate_ac_no_ts: unexpected,
  a_associate_rj: unexpected,
  a_release_rq: unexpected,
  a_release_rp: unexpected,
  a_abort: [],
  a_p_abort: [],
  p_data_tf: unexpected,
  p_data_tf_rq: unexpected,
  p_data_tf_n_event_report: unexpected,
};
const inside: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(Object.keys(first).map((name) => [name, unexpected])),
  a_release_rq: ['A-RELEASE-RP'],
  a_abort: [],
  a_p_abort: [],
  p_data_tf_rq: ['response 8030 0000'],
  p_data_tf_n_event_report: ['response 8100 0211'],
};

type Way = 'whole' | 'byte by byte';

async function send(peer: RawPeer, bytes: Buffer, way: Way): Promise<void> {
  if (way === 'whole') return peer.send(bytes);
  for (let at = 0; at < bytes.length && !peer.socket.destroyed; at += 1) {
    peer.send(bytes.subarray(at, at + 1));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** All that comes back, with an association that is open at the end released. */
async function answers(peer: RawPeer, expected: readonly string[]): Promise<readonly ReceivedPdu[]> {
  const stays = expected.every((answer) => answer === 'A-ASSOCIATE-AC' || answer.startsWith('response')) && expected.length > 0;
  if (!stays) return peer.rest();
  const received: ReceivedPdu[] = [];
  for (const _ of expected) received.push((await peer.next()) ?? assert.fail('closed'));
  if (received.every(({ type }) => type === 0x02 || type === 0x04)) await peer.release();
  return received;
}

async function associated(port: number): Promise<RawPeer> {
  const peer = await RawPeer.connect(port);
  peer.send(bytesOf('pdus', 'a_associate_rq'));
  assert.equal((await peer.next())?.type, 0x02);
  return peer;
}

describe("the PDUs of pynetdicom's tests", () => {
  it('are all here, with what is due to each', () => {
    assert.deepEqual(Object.keys(fixture.pdus).sort(), Object.keys(first).sort());
  });

  for (const way of ['whole', 'byte by byte'] as const) {
    for (const [name, expected] of Object.entries(first))
      it(`${name}, ${way}, as the first PDU`, async (t) => {
        const engine = new MemoryEngine();
        const { receiver, port } = await engine.start(t);
        const peer = await RawPeer.connect(port);
        await send(peer, bytesOf('pdus', name), way);
        assert.deepEqual(told(await answers(peer, expected)), expected);
        assert.equal(engine.stored.length, 0);
        await engine.assertHealthy(receiver, port);
      });
    for (const [name, expected] of Object.entries(inside))
      it(`${name}, ${way}, inside an association`, async (t) => {
        const engine = new MemoryEngine();
        const { receiver, port } = await engine.start(t);
        const peer = await associated(port);
        await send(peer, bytesOf('pdus', name), way);
        assert.deepEqual(told(await answers(peer, expected)), expected);
        assert.equal(engine.stored.length, 0);
        await engine.assertHealthy(receiver, port);
      });
  }

  for (const end of ['closed', 'reset'] as const)
    it(`cut off wherever they may be, the connection ${end}: what is incomplete has no effect`, async (t) => {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t);
      for (const name of Object.keys(first)) {
        const bytes = bytesOf('pdus', name);
        const length = 6 + bytes.readUInt32BE(2);
        for (const at of new Set([1, 5, 6, 7, Math.floor(length / 2), length - 1])) {
          for (const connect of [RawPeer.connect, associated]) {
            const peer = await connect(port);
            peer.send(bytes.subarray(0, at));
            if (end === 'closed') peer.socket.end();
            else peer.socket.resetAndDestroy();
            const answer = told(await peer.rest());
            // A PDU that cannot be meant is not waited for to its end.
            const whole = (connect === associated ? inside : first)[name] ?? assert.fail(name);
            if (at >= 6 && whole === unexpected && answer.length > 0) assert.deepEqual(answer, unexpected);
            else assert.deepEqual(answer, [], `${name} cut at ${at}`);
          }
        }
      }
      assert.equal(engine.stored.length, 0);
      await until(() => engine.closed.length === engine.opened.length, 'all ends are known');
      assert.ok(engine.closed.every(({ summary }) => summary.how === 'lost' || summary.how === 'aborted'));
      await engine.assertHealthy(receiver, port);
    });
});

/** An association request around one item of the fixture, in the place that is its own. */
function around(name: string): Buffer {
  const bytes = bytesOf('items', name);
  const type = bytes.readUInt8(0);
  const context = item(0x20, Buffer.concat([Buffer.from([1, 0, 0, 0]), item(0x30, '1.2.840.10008.1.1'), item(0x40, implicitLittleEndian)]));
  const size = item(0x51, Buffer.from([0, 0, 0x40, 0]));
  const identity = item(0x52, '1.2.3.4');
  const subItem = type >= 0x51;
  const user = item(
    0x50,
    Buffer.concat([...(type === 0x51 ? [] : [size]), ...(type === 0x52 ? [] : [identity]), ...(subItem ? [bytes] : [])]),
  );
  const body = Buffer.concat([
    Buffer.from([0, 1, 0, 0]),
    Buffer.from('ANY-SCP'.padEnd(16)),
    Buffer.from('ECHOSCU'.padEnd(16)),
    Buffer.alloc(32),
    type === 0x10 ? bytes : item(0x10, '1.2.840.10008.3.1.1.1'),
    type === 0x20 || type === 0x21 ? bytes : context,
    type === 0x50 ? bytes : user,
    ...(type === 0x30 || type === 0x40 ? [bytes] : []),
  ]);
  return pdu(0x01, body);
}

const accepted = ['A-ASSOCIATE-AC'];
const items: Readonly<Record<string, readonly string[]>> = {
  asynchronous_window_ops: accepted,
  user_identity_rq_user_nopw: accepted,
  user_identity_rq_user_pass: accepted,
  // The acceptor's answer in a request, and syntaxes outside their context: nothing that is known there, so it is passed over (PS3.8 §9.3.1).
  user_identity_ac: accepted,
  abstract_syntax: accepted,
  transfer_syntax: accepted,
  application_context: accepted,
  application_context_empty: ['A-ASSOCIATE-RJ 1/1/2'],
  presentation_context_rq: accepted,
  // Zero width spaces between the components of its UID: accepted as an association, with that context refused.
  presentation_context_rq_utf8: accepted,
  // No context is proposed.
  presentation_context_ac: ['A-ABORT 2/6'],
  maximum_length_received: accepted,
  implementation_class_uid: accepted,
  implementation_class_uid_empty: accepted,
  implementation_version_name: accepted,
  implementation_version_name_empty: accepted,
  role_selection: accepted,
  role_selection_odd: accepted,
  user_information: accepted,
  extended_negotiation: accepted,
  common_extended_negotiation: accepted,
};
/** No items: what P-DATA-TFs hold. */
const values = ['presentation_data', 'presentation_data_value'];

describe("the items of pynetdicom's tests, in an association request", () => {
  it('are all here, with what is due to each', () => {
    assert.deepEqual(Object.keys(fixture.items).sort(), [...Object.keys(items), ...values].sort());
  });

  for (const [name, expected] of Object.entries(items))
    it(name, async (t) => {
      const engine = new MemoryEngine();
      const { receiver, port } = await engine.start(t);
      const peer = await RawPeer.connect(port);
      peer.send(around(name));
      assert.deepEqual(told(await answers(peer, expected)), expected);
      await engine.assertHealthy(receiver, port);
    });

  it('are no harm in an association request that is cut short by a byte anywhere, its lengths as they were', async (t) => {
    const engine = new MemoryEngine();
    const { receiver, port } = await engine.start(t);
    const whole = around('common_extended_negotiation');
    for (let at = 10; at < whole.length; at += 1) {
      const peer = await RawPeer.connect(port);
      const body = Buffer.concat([whole.subarray(6, at), whole.subarray(at + 1)]);
      peer.send(pdu(0x01, body));
      const [answer, ...more] = told([(await peer.next()) ?? assert.fail('closed without a word')]);
      assert.match(answer ?? '', /^A-ASSOCIATE-(AC|RJ 1\/1\/[237])$|^A-ABORT 2\/6$/, `without byte ${at}`);
      assert.deepEqual(more, []);
      if (answer === 'A-ASSOCIATE-AC') peer.send(releaseRequest());
      await peer.rest();
    }
    await engine.assertHealthy(receiver, port);
  });
});

/** A PDV of presentation context 1 that holds the fixture's message control header and fragment. */
function message(name: string): Buffer {
  const value = bytesOf('messages', name);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(value.length + 1);
  head[4] = 1;
  return dataPdu(Buffer.concat([head, value]));
}

/** Values of a command set, by element number. */
function command(name: string): ReadonlyMap<number, Buffer> {
  const bytes = bytesOf('messages', name).subarray(1);
  const found = new Map<number, Buffer>();
  for (let offset = 0; offset < bytes.length; ) {
    const end = offset + 8 + bytes.readUInt32LE(offset + 4);
    found.set(bytes.readUInt16LE(offset + 2), bytes.subarray(offset + 8, end));
    offset = end;
  }
  return found;
}

async function withCt(t: TestContext): Promise<{ engine: MemoryEngine; peer: RawPeer; healthy: () => Promise<void> }> {
  const engine = new MemoryEngine();
  const { receiver, port } = await engine.start(t);
  const peer = await RawPeer.associate(port, {
    contexts: [{ id: 1, abstractSyntax: ctImageStorage, transferSyntaxes: [implicitLittleEndian] }],
  });
  return { engine, peer, healthy: () => engine.assertHealthy(receiver, port) };
}

describe("the messages of pynetdicom's tests, inside an association", () => {
  const dataset: Readonly<Record<string, string>> = { c_store_rq_cmd: 'c_store_ds', c_store_rq_cmd_b: 'c_store_rq_ds_b' };
  const stored: Readonly<Record<string, number>> = { c_store_rq_cmd: 0x0122, c_store_rq_cmd_b: 0x0000, c_echo_rq_cmd: 0x0000 };

  for (const name of Object.keys(fixture.messages)) {
    const isCommand = bytesOf('messages', name)[0] === 0x03;
    const field = isCommand ? (command(name).get(0x0100)?.readUInt16LE(0) ?? assert.fail(name)) : -1;
    if (!isCommand || (field & 0x8000) !== 0) {
      it(`${name} is unexpected`, async (t) => {
        const { engine, peer, healthy } = await withCt(t);
        peer.send(message(name));
        assert.deepEqual(told(await peer.rest()), unexpected);
        assert.equal(engine.stored.length, 0);
        await healthy();
      });
      continue;
    }
    const hasDataset = command(name).get(0x0800)?.readUInt16LE(0) !== 0x0101;
    const following = dataset[name] ?? name.replace('_cmd', '_ds');
    const status = stored[name] ?? 0x0211;
    it(`${name} is answered ${status.toString(16).padStart(4, '0')}`, async (t) => {
      const { engine, peer, healthy } = await withCt(t);
      peer.send(message(name), ...(hasDataset ? [message(following)] : []));
      const response = await peer.response();
      assert.deepEqual(
        [response.commandField, response.messageId, response.status],
        [field | 0x8000, command(name).get(0x0110)?.readUInt16LE(0), status],
      );
      const isStored = name === 'c_store_rq_cmd_b';
      assert.deepEqual(
        engine.stored.map(({ data }) => data.toString('hex')),
        isStored ? [bytesOf('messages', following).subarray(1).toString('hex')] : [],
      );
      await peer.release();
      await healthy();
    });
  }
});
