import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Fragment, type FrameEvent, PduFramer } from '../../engine/dicom/pdu-framer.ts';
import { abortRequest, associateRequest, dataPdu, pdu, pdv, releaseRequest, storePdus } from './raw-peer.ts';

const limits = { maxPduLength: 4_096, maxAssociateLength: 1_048_576 };

/** All events of a stream, pieces of one message joined: how a PDV was cut by the network means nothing. */
function frame(chunks: readonly Buffer[]): FrameEvent[] {
  const framer = new PduFramer(limits);
  const events: FrameEvent[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let event = framer.next(); event !== null; event = framer.next()) {
      const before = events.at(-1);
      if (event.kind === 'fragment' && before?.kind === 'fragment' && continues(before, event))
        events[events.length - 1] = { ...event, data: Buffer.concat([before.data, event.data]) };
      else events.push({ ...event });
    }
  }
  return events;
}

function continues(before: Fragment, event: Fragment): boolean {
  return !before.last && before.contextId === event.contextId && before.command === event.command;
}

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...[...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const bytesOf = (maxLength: number): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const anyPdv = fc.tuple(fc.nat(255), fc.nat(255), bytesOf(200)).map(([id, control, data]) => pdv(id, control, data));
const anyPdu = fc.oneof(
  fc.array(anyPdv, { minLength: 1, maxLength: 4 }).map((pdvs) => dataPdu(...pdvs)),
  fc.constantFrom(associateRequest(), releaseRequest(), abortRequest()),
);
const session = fc.array(anyPdu, { minLength: 1, maxLength: 8 }).map((pdus) => Buffer.concat(pdus));
const cuts = fc.array(fc.nat(), { maxLength: 40 });

describe('PDU framing', () => {
  it('gives the same events however the stream is split', () => {
    fc.assert(fc.property(session, cuts, (bytes, at) => assert.deepEqual(frame(split(bytes, at)), frame([bytes]))));
  });

  it('gives the same events byte by byte', () => {
    const bytes = Buffer.concat([associateRequest(), ...storePdus({ data: Buffer.alloc(300, 7), fragment: 100 }), releaseRequest()]);
    assert.deepEqual(frame([...bytes].map((byte) => Buffer.from([byte]))), frame([bytes]));
  });

  it('gives the same events for garbage however it is split, and never more than one violation', () => {
    fc.assert(
      fc.property(bytesOf(400), cuts, (bytes, at) => {
        const events = frame(split(bytes, at));
        assert.deepEqual(events, frame([bytes]));
        assert.ok(events.findIndex(({ kind }) => kind === 'violation') === -1 || events.at(-1)?.kind === 'violation');
      }),
    );
  });

  it('never completes a message that is cut off', () => {
    const bytes = Buffer.concat(storePdus({ data: Buffer.alloc(700, 1), fragment: 250 }));
    for (let length = 0; length < bytes.length; length += 1) {
      const events = frame([bytes.subarray(0, length)]);
      const complete = events.some((event) => event.kind === 'fragment' && !event.command && event.last);
      assert.equal(complete, false, `cut at ${length}`);
    }
    assert.equal(frame([bytes]).filter((event) => event.kind === 'fragment' && event.last).length, 2);
  });

  it('takes several PDVs of one PDU, empty ones too', () => {
    const events = frame([dataPdu(pdv(1, 0b11, Buffer.from('ab')), pdv(1, 0b00, Buffer.alloc(0)), pdv(1, 0b10, Buffer.from('cd')))]);
    assert.deepEqual(
      events.map((event) => (event.kind === 'fragment' ? [event.command, event.last, event.data.toString()] : event.kind)),
      [
        [true, true, 'ab'],
        [false, true, 'cd'],
      ],
    );
  });

  it('ignores bits 2 to 7 of the message control header', () => {
    const [event] = frame([dataPdu(pdv(1, 0b1111_1110, Buffer.from('ab')))]);
    assert.ok(event?.kind === 'fragment' && !event.command && event.last);
  });

  it('tells whether a PDU has begun', () => {
    const framer = new PduFramer(limits);
    assert.equal(framer.insidePdu, false);
    framer.push(releaseRequest().subarray(0, 3));
    assert.equal(framer.next(), null);
    assert.equal(framer.insidePdu, true);
    framer.push(releaseRequest().subarray(3));
    assert.equal(framer.next()?.kind, 'control');
    assert.equal(framer.insidePdu, false);
  });

  describe('refuses at the header, before a byte of the rest has come', () => {
    const header = (type: number, length: number): Buffer => {
      const bytes = Buffer.from([type, 0, 0, 0, 0, 0]);
      bytes.writeUInt32BE(length, 2);
      return bytes;
    };
    const pdvHeader = (pduLength: number, pdvLength: number): Buffer => {
      const bytes = Buffer.concat([header(0x04, pduLength), Buffer.from([0, 0, 0, 0, 1, 3])]);
      bytes.writeUInt32BE(pdvLength, 6);
      return bytes;
    };
    const refused: Readonly<Record<string, readonly [Buffer, number]>> = {
      'a P-DATA-TF of 4 GB': [header(0x04, 0xffffffff), 6],
      'a P-DATA-TF one byte above the limit': [header(0x04, limits.maxPduLength + 1), 6],
      'a P-DATA-TF too short for a PDV': [header(0x04, 5), 6],
      'an A-ASSOCIATE-RQ above the limit': [header(0x01, limits.maxAssociateLength + 1), 6],
      'an A-RELEASE-RQ of 5 bytes': [header(0x05, 5), 6],
      'an A-ABORT of 4 GB': [header(0x07, 0xffffffff), 6],
      'PDU type 0': [header(0x00, 4), 1],
      'PDU type 8': [header(0x08, 4), 1],
      'a PDV of 0 bytes': [pdvHeader(6, 0), 6],
      'a PDV of 1 byte': [pdvHeader(6, 1), 6],
      'a PDV longer than its PDU': [pdvHeader(100, 97), 6],
      'a PDV of 4 GB': [pdvHeader(100, 0xfffffff0), 6],
      'stray bytes after a PDV': [pdvHeader(17, 8), 6],
    };
    for (const [what, [bytes, reason]] of Object.entries(refused)) {
      it(what, () => {
        const events = frame([bytes]);
        assert.deepEqual(
          events.map((event) => (event.kind === 'violation' ? event.reason : event.kind)),
          [reason],
        );
      });
    }

    it('and takes a P-DATA-TF of exactly the limit', () => {
      const events = frame([pdu(0x04, pdv(1, 0, Buffer.alloc(limits.maxPduLength - 6)))]);
      assert.equal(events[0]?.kind, 'fragment');
    });
  });

  it('is silent after a violation', () => {
    assert.equal(frame([Buffer.from('GET / HTTP/1.1\r\n\r\n'), associateRequest()]).length, 1);
  });
});
