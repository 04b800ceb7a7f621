import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeResponse, parseCommandSet } from '../../engine/dicom/command-set.ts';
import { MessageAssembler } from '../../engine/dicom/message-assembler.ts';
import { commandPdus } from '../../engine/dicom/pdu.ts';
import { PduFramer } from '../../engine/dicom/pdu-framer.ts';
import { ProtocolViolation } from '../../engine/dicom/protocol-violation.ts';
import { commandSet, ctImageStorage, readResponse } from './raw-peer.ts';

const storeRequest = commandSet({ commandField: 1, messageId: 7, sopClass: ctImageStorage, sopInstance: '1.2.3.45', dataset: true });

describe('command sets', () => {
  it('are read from their bytes', () => {
    assert.deepEqual(parseCommandSet(storeRequest), {
      commandField: 1,
      messageId: 7,
      hasDataset: true,
      sopClassUid: ctImageStorage,
      sopInstanceUid: '1.2.3.45',
    });
  });

  it('show a UID as it was sent, whatever is in it', () => {
    const bytes = commandSet({ commandField: 1, sopClass: ctImageStorage, sopInstance: '../../x ', dataset: true });
    assert.equal(parseCommandSet(bytes).sopInstanceUid, '../../x');
  });

  it('that are cut off, or of another group, are violations', () => {
    for (let length = 1; length < storeRequest.length; length += 1) {
      const cut = storeRequest.subarray(0, length);
      // Cut between two elements it is whole, and may lack what is needed.
      try {
        parseCommandSet(cut);
      } catch (error) {
        assert.ok(error instanceof ProtocolViolation);
      }
    }
    const foreign = Buffer.from(storeRequest);
    foreign.writeUInt16LE(0x0008, 12);
    assert.throws(() => parseCommandSet(foreign), /outside group 0000/);
    assert.throws(() => parseCommandSet(Buffer.alloc(0)), ProtocolViolation);
  });

  it('never throw anything but a violation', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          parseCommandSet(Buffer.from(bytes));
        } catch (error) {
          assert.ok(error instanceof ProtocolViolation);
        }
      }),
    );
  });

  it('of responses carry status, comment and the UIDs of the request', () => {
    const response = encodeResponse(parseCommandSet(storeRequest), { status: 0xa700, comment: 'x'.repeat(80) });
    const read = readResponse([{ type: 4, body: Buffer.concat([Buffer.alloc(6), response]) }]);
    assert.deepEqual(read, {
      commandField: 0x8001,
      messageId: 7,
      status: 0xa700,
      comment: 'x'.repeat(64),
      sopInstance: '1.2.3.45',
      contextId: 0,
    });
    assert.equal(response.readUInt32LE(8), response.length - 12, 'group length');
    assert.equal(response.length % 2, 0);
  });

  it('leave a UID that is none out of the response', () => {
    const request = { ...parseCommandSet(storeRequest), sopInstanceUid: '..', sopClassUid: 'x\\y' };
    const read = readResponse([
      { type: 4, body: Buffer.concat([Buffer.alloc(6), encodeResponse(request, { status: 0x0117, comment: null })]) },
    ]);
    assert.equal(read.sopInstance, null);
    assert.equal(read.comment, 'invalid SOP instance');
  });

  it('are cut into fragments that the peer has room for, and come together again', () => {
    const response = encodeResponse(parseCommandSet(storeRequest), { status: 0, comment: null });
    for (const maxPduLength of [0, 7, 20, 64, 16_384]) {
      const framer = new PduFramer({ maxPduLength: maxPduLength || 16_384, maxAssociateLength: 1 });
      framer.push(commandPdus(5, response, maxPduLength));
      const assembler = new MessageAssembler();
      const parts = [];
      for (let event = framer.next(); event !== null; event = framer.next()) {
        assert.ok(event.kind === 'fragment', `maximum ${maxPduLength}`);
        assert.equal(event.contextId, 5);
        parts.push(assembler.take(event));
      }
      const whole = parts.at(-1);
      assert.ok(typeof whole === 'object' && whole?.commandField === 0x8001);
    }
  });
});
