import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makePhantom, sendFiles } from '../../engine/dicom/index.ts';
import { GantryError } from '../../engine/errors/index.ts';
import { somewhere } from './fuzzing.ts';
import { pdu } from './raw-peer.ts';
import { associateAccept, scriptedScp, storeResponse } from './scripted-scp.ts';
import { temporaryFolder } from './store-scp.ts';

interface Damage {
  readonly at: number;
  readonly with: number;
}

function damaged(bytes: Buffer, damages: readonly Damage[], keep: number): Buffer {
  const copy = Buffer.from(bytes);
  for (const { at, with: value } of damages) copy[Math.floor(at * copy.length)] = value;
  return copy.subarray(0, Math.ceil(keep * copy.length));
}

describe('a peer that says anything at all', () => {
  it('gets no more than one outcome for each instance out of us, or an error with a code', async (t) => {
    const { files } = await makePhantom({ slices: 2, size: 16, folder: await temporaryFolder(t) });
    let words: readonly Buffer[] = [];
    const scp = await scriptedScp(t, async (connection) => {
      for (const word of words) {
        if ((await connection.next()) === null) return;
        connection.send(word);
      }
      connection.socket.end();
    });
    const said = [
      associateAccept([{ id: 1, abstractSyntax: '1.2.840.10008.5.1.4.1.1.2', transferSyntaxes: ['1.2.840.10008.1.2.1'] }]),
      Buffer.concat([1, 2].map((messageId) => storeResponse({ messageId, contextId: 1 }, 0))),
      pdu(0x06, Buffer.alloc(4)),
    ];
    const damages = fc.array(fc.record({ at: somewhere, with: fc.integer({ min: 0, max: 255 }) }), {
      maxLength: 4,
    });
    const conversation = fc.tuple(damages, damages, damages, fc.constantFrom(1, 1, 1, 0.99, 0.5));
    await fc.assert(
      fc.asyncProperty(conversation, async ([first, second, third, keep]) => {
        words = [
          damaged(said[0] ?? assert.fail(), first, keep),
          damaged(said[1] ?? assert.fail(), second, 1),
          damaged(said[2] ?? assert.fail(), third, 1),
        ];
        const options = { callingAeTitle: 'GANTRY', connectTimeoutMs: 150, responseTimeoutMs: 150 };
        try {
          const results = await sendFiles({ aeTitle: 'FUZZ', host: '127.0.0.1', port: scp.port }, files, options);
          assert.deepEqual(
            results.map(({ sopInstanceUid }) => sopInstanceUid),
            files.map(({ sopInstanceUid }) => sopInstanceUid),
          );
        } catch (error) {
          assert.ok(error instanceof GantryError && error.code.startsWith('GY33'), String(error));
        }
      }),
      { numRuns: 150 },
    );
  });
});
