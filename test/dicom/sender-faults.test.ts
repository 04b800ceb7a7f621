import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { appendFile, open, rm, truncate } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { echo, makePhantom, type OutgoingFile, type Peer, type SendOptions, type SendResult, sendFiles } from '../../engine/dicom/index.ts';
import { abortRequest, dataPdu, flags, pdu, pdv, releaseRequest } from './raw-peer.ts';
import {
  type Answer,
  associateAccept,
  associateReject,
  type ReceivedStore,
  response,
  type ScpConnection,
  type ScriptedScp,
  scriptedScp,
  storeResponse,
} from './scripted-scp.ts';
import { temporaryFolder } from './store-scp.ts';

const explicit = '1.2.840.10008.1.2.1';

async function phantom(t: TestContext, slices: number, size = 16): Promise<readonly OutgoingFile[]> {
  return (await makePhantom({ slices, size, folder: await temporaryFolder(t) })).files;
}

const peerOf = ({ port }: ScriptedScp): Peer => ({ aeTitle: 'SCRIPTED', host: '127.0.0.1', port });

const send = (scp: ScriptedScp, files: readonly OutgoingFile[], options: Partial<SendOptions> = {}): Promise<readonly SendResult[]> =>
  sendFiles(peerOf(scp), files, { callingAeTitle: 'GANTRY', ...options });

const outcomes = (results: readonly SendResult[]) => results.map(({ outcome }) => outcome);
const details = (results: readonly SendResult[]) => results.map(({ detail }) => detail);

describe('negotiation', () => {
  it('proposes each pair of SOP class and transfer syntax as one context, and nothing else', async (t) => {
    const [file = assert.fail()] = await phantom(t, 1);
    const scp = await scriptedScp(t, async (connection) => {
      const contexts = await connection.accept();
      assert.deepEqual(contexts, [
        { id: 1, abstractSyntax: file.sopClassUid, transferSyntaxes: [explicit] },
        { id: 3, abstractSyntax: '1.2.3', transferSyntaxes: [explicit] },
        { id: 5, abstractSyntax: file.sopClassUid, transferSyntaxes: ['1.2.840.10008.1.2.4.90'] },
      ]);
      const stored = await connection.serve();
      assert.deepEqual(
        stored.map(({ contextId, sopClass }) => [contextId, sopClass]),
        [
          [1, file.sopClassUid],
          [3, '1.2.3'],
          [1, file.sopClassUid],
        ],
      );
    });
    const files = [file, { ...file, sopClassUid: '1.2.3' }, { ...file, transferSyntaxUid: '1.2.840.10008.1.2.4.90' }, file];
    const results = await send(scp, files);
    await scp.done();
    assert.deepEqual(outcomes(results), ['stored', 'stored', 'refused', 'stored']);
    assert.equal(results[2]?.detail, 'the file is in transfer syntax 1.2.840.10008.1.2.1, not 1.2.840.10008.1.2.4.90');
  });

  it('spreads more than 128 contexts over several associations', async (t) => {
    const [file = assert.fail()] = await phantom(t, 1);
    const files = Array.from({ length: 300 }, (_, index) => ({ ...file, sopClassUid: `1.2.3.${index}`, sopInstanceUid: `2.25.${index}` }));
    const seen: number[] = [];
    const scp = await scriptedScp(t, async (connection) => {
      const contexts = await connection.accept();
      seen.push(contexts.length);
      assert.equal(contexts.at(-1)?.id, contexts.length * 2 - 1);
      await connection.serve();
    });
    assert.deepEqual(new Set(outcomes(await send(scp, files))), new Set(['stored']));
    await scp.done();
    assert.deepEqual(seen, [128, 128, 44]);
  });

  it('decides on each context by the answer to it', async (t) => {
    const [file = assert.fail()] = await phantom(t, 1);
    const scp = await scriptedScp(t, async (connection) => {
      const results: NonNullable<Answer['results']> = new Map<
        number,
        { readonly result: number; readonly transferSyntax?: string } | 'omitted'
      >([
        [1, { result: 1 }],
        [3, { result: 2 }],
        [5, { result: 3 }],
        [7, { result: 4 }],
        [9, { result: 0, transferSyntax: '1.2.840.10008.1.2' }],
        [11, 'omitted' as const],
      ]);
      await connection.accept({ results });
      assert.equal((await connection.serve()).length, 1);
    });
    const files = Array.from({ length: 7 }, (_, index) => ({ ...file, sopClassUid: `1.2.3.${index}` }));
    const results = await send(scp, files);
    await scp.done();
    assert.deepEqual(outcomes(results), [...Array(6).fill('refused'), 'stored']);
    const named = `${explicit} (Explicit VR Little Endian)`;
    assert.deepEqual(details(results), [
      `presentation context refused: SOP class 1.2.3.0 in ${named}`,
      `presentation context refused: SOP class 1.2.3.1 in ${named}`,
      'SOP class refused: 1.2.3.2',
      `transfer syntax refused: ${named}`,
      `transfer syntax refused: ${named}`,
      'the peer did not answer its presentation context',
      null,
    ]);
  });

  for (const maxPduLength of [0, 129, 4_097, 1_000_000]) {
    it(`sends even fragments within a maximum PDU length of ${maxPduLength}`, async (t) => {
      const files = await phantom(t, 1, 256);
      let store: ReceivedStore | undefined;
      const scp = await scriptedScp(t, async (connection) => {
        await connection.accept({ maxPduLength });
        [store] = await connection.serve();
      });
      assert.deepEqual(outcomes(await send(scp, files)), ['stored']);
      await scp.done();
      assert.ok(store !== undefined && store.data.length > 131_072);
      assert.ok(store.fragmentLengths.every((length) => length % 2 === 0));
      if (maxPduLength > 0) assert.ok(store.pduLengths.every((length) => length <= maxPduLength));
      // All but the last are as long as they may be.
      assert.equal(new Set(store.fragmentLengths.slice(0, -1)).size <= 1, true);
    });
  }
});

describe('responses', () => {
  it('tells stored, warned and refused apart', async (t) => {
    const statuses: readonly (readonly [number, string?])[] = [
      [0x0000],
      [0xb000],
      [0xb006, 'left out two'],
      [0xb007],
      [0x0111],
      [0xa700, 'disk \u0007full'],
      [0xa900],
      [0xc123],
      [0x0122],
      [0x0999],
    ];
    const files = await phantom(t, statuses.length);
    const scp = await scriptedScp(t, async (connection) => {
      await connection.accept();
      for (const [status, comment] of statuses) connection.respond((await connection.store()) ?? assert.fail(), status, comment);
      await connection.serve();
    });
    const results = await send(scp, files);
    assert.deepEqual(
      results.map(({ outcome, status, detail }) => [outcome, status, detail]),
      [
        ['stored', 0x0000, null],
        ['warning', 0xb000, 'B000 coercion of data elements'],
        ['warning', 0xb006, 'B006 elements discarded: left out two'],
        ['warning', 0xb007, 'B007 dataset does not match SOP class'],
        ['stored', 0x0111, '0111 duplicate SOP instance'],
        ['refused', 0xa700, 'A700 out of resources: disk ?full'],
        ['refused', 0xa900, 'A900 dataset does not match SOP class'],
        ['refused', 0xc123, 'C123 cannot understand'],
        ['refused', 0x0122, '0122 SOP class not supported'],
        ['refused', 0x0999, '0999'],
      ],
    );
  });

  it('takes a response that comes before the dataset has ended', async (t) => {
    const files = await phantom(t, 2, 256);
    const scp = await scriptedScp(t, async (connection) => {
      await connection.accept();
      // The command is the first PDU of a store; its response goes out at once.
      await connection.next();
      connection.send(storeResponse({ messageId: 1, contextId: 1 }, 0xa700));
      await connection.serve();
    });
    const results = await send(scp, files);
    assert.deepEqual(outcomes(results), ['refused', 'stored']);
  });
});

describe('a peer that does not negotiate', () => {
  const openings: Readonly<Record<string, readonly [code: string, message: RegExp, play: (connection: ScpConnection) => Promise<void>]>> = {
    'rejects as transient': ['GY331', /temporary congestion \(2\/3\/1\)/, async (c) => c.send(associateReject(2, 3, 1))],
    'rejects at its limit': ['GY331', /local limit exceeded \(2\/3\/2\)/, async (c) => c.send(associateReject(2, 3, 2))],
    'does not know us': ['GY332', /calling AE title not recognized \(1\/1\/3\)/, async (c) => c.send(associateReject(1, 1, 3))],
    'does not know itself': ['GY332', /called AE title not recognized \(1\/1\/7\)/, async (c) => c.send(associateReject(1, 1, 7))],
    'rejects for a reason of its own': ['GY332', /unknown reason \(1\/1\/99\)/, async (c) => c.send(associateReject(1, 1, 99))],
    'closes at once': ['GY333', /closed the connection/, async (c) => void c.socket.end()],
    'resets the connection': ['GY333', /closed the connection/, async (c) => void c.socket.resetAndDestroy()],
    aborts: ['GY333', /aborted the association/, async (c) => c.send(abortRequest())],
    'speaks HTTP': ['GY333', /PDU type 72 does not exist/, async (c) => c.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    'answers with an association without end': ['GY333', /exceeds the limit/, async (c) => c.send(Buffer.from([2, 0, 255, 255, 255, 255]))],
    'answers with an empty acceptance': ['GY333', /cannot be read/, async (c) => c.send(pdu(0x02, Buffer.alloc(0)))],
    'answers contexts that were not proposed': [
      'GY333',
      /cannot be read/,
      async (c) => c.send(associateAccept([{ id: 99, abstractSyntax: '1', transferSyntaxes: ['1'] }])),
    ],
    'leaves no room in its PDUs': [
      'GY333',
      /maximum PDU length of 7 leaves no room/,
      async (c) => c.send(associateAccept([], { maxPduLength: 7 })),
    ],
    'sends data first': ['GY333', /nothing asked for/, async (c) => c.send(storeResponse({ messageId: 1, contextId: 1 }, 0))],
    'proposes an association itself': ['GY333', /PDU of type 1 out of turn/, async (c) => c.send(pdu(0x01, Buffer.alloc(68)))],
  };
  for (const [what, [code, message, play]] of Object.entries(openings)) {
    it(`is an error where it ${what}`, async (t) => {
      const files = await phantom(t, 1);
      const scp = await scriptedScp(t, async (connection) => {
        await connection.proposal();
        await play(connection);
      });
      await assert.rejects(send(scp, files, { connectTimeoutMs: 5_000 }), { name: 'GantryError', code, message });
      await assert.rejects(echo(peerOf(scp), { callingAeTitle: 'GANTRY' }), { code });
    });
  }

  it('is an error where it says nothing in time, and gets an A-ABORT', async (t) => {
    const files = await phantom(t, 1);
    const scp = await scriptedScp(t, async (connection) => {
      await connection.proposal();
      assert.deepEqual(await connection.restTypes(), [0x07]);
    });
    await assert.rejects(send(scp, files, { connectTimeoutMs: 100 }), { code: 'GY333', message: /did not answer within 100 ms/ });
    await scp.done();
  });
});

describe('a peer that misbehaves after it accepted', () => {
  /** Takes two instances properly; then `play` with the third one unanswered. */
  const third = (play: (connection: ScpConnection, store: ReceivedStore) => void | Promise<void>) => async (connection: ScpConnection) => {
    await connection.accept();
    for (let count = 0; count < 2; count += 1) connection.respond((await connection.store()) ?? assert.fail(), 0);
    await play(connection, (await connection.store()) ?? assert.fail());
  };
  const endings: Readonly<Record<string, readonly [detail: RegExp, play: (c: ScpConnection, s: ReceivedStore) => void | Promise<void>]>> = {
    'closes the connection': [/closed the connection/, (c) => void c.socket.end()],
    'resets the connection': [/closed the connection/, (c) => void c.socket.resetAndDestroy()],
    aborts: [/aborted the association \(service-user\)/, (c) => c.send(abortRequest())],
    'releases the association': [/released the association/, (c) => c.send(releaseRequest())],
    'answers another message': [/answered message 77 instead of 3/, (c, s) => c.send(storeResponse({ ...s, messageId: 77 }, 0))],
    'answers in another context': [/does not fit the request/, (c, s) => c.send(storeResponse({ ...s, contextId: 33 }, 0))],
    'answers something else': [/no response/, (c, s) => c.send(response(s.contextId, 0x8020, s.messageId, 0))],
    'asks instead of answering': [/no response/, (c, s) => c.send(response(s.contextId, 0x0030, s.messageId, 0))],
    'answers with a dataset': [/does not fit/, (c, s) => c.send(dataPdu(pdv(s.contextId, flags.lastData, Buffer.alloc(8))))],
    'answers without a status': [/lacks|not a command set|cut off/, (c, s) => c.send(dataPdu(pdv(s.contextId, 3, Buffer.alloc(10))))],
    'answers twice': [/nothing asked for/, (c, s) => c.send(storeResponse(s, 0), storeResponse(s, 0))],
    'sends garbage': [/PDU type 222 does not exist/, (c) => c.send(Buffer.alloc(1_000, 222))],
    'announces 4 GB': [/exceeds the limit/, (c) => c.send(Buffer.from([4, 0, 255, 255, 255, 255, 0, 0, 0, 9]))],
    'sends PDVs of no length': [/does not fit its PDU/, (c) => c.send(pdu(0x04, Buffer.alloc(6)))],
  };
  for (const [what, [detail, play]] of Object.entries(endings)) {
    it(`leaves unsent what it had not answered where it ${what}`, async (t) => {
      const files = await phantom(t, 5);
      const scp = await scriptedScp(t, third(play));
      const results = await send(scp, files, { responseTimeoutMs: 5_000 });
      const [first, second, ...others] = results;
      assert.deepEqual([first?.outcome, second?.outcome], ['stored', 'stored']);
      // Where it answered twice, the first answer was a good one.
      const unsent = others.slice(what === 'answers twice' ? 1 : 0);
      assert.deepEqual(new Set(outcomes(unsent)), new Set(['unsent']));
      assert.match(unsent[0]?.detail ?? '', detail);
      assert.equal(results.length, files.length);
    });
  }

  it('is not asked again where it stops answering, and gets an A-ABORT', async (t) => {
    const [file = assert.fail()] = await phantom(t, 1);
    const files = Array.from({ length: 2_500 }, () => file);
    const scp = await scriptedScp(t, async (connection) => {
      await connection.accept();
      connection.respond((await connection.store()) ?? assert.fail(), 0);
      await connection.store();
      assert.deepEqual(await connection.restTypes(), [0x07]);
    });
    const results = await send(scp, files, { responseTimeoutMs: 150 });
    await scp.done();
    assert.equal(scp.connections(), 1);
    assert.equal(results.filter(({ outcome }) => outcome === 'unsent').length, 2_499);
    assert.equal(results[1]?.detail, 'the peer did not answer within 150 ms');
    assert.equal(results[2_400]?.detail, 'the peer had stopped answering');
  });

  it('is given up where it stops reading in the middle of a dataset', async (t) => {
    const [file = assert.fail()] = await phantom(t, 1);
    // Sparse: 64 MB of nothing behind a valid head.
    await truncate(file.path, 64 * 1_048_576);
    const scp = await scriptedScp(t, async (connection) => {
      await connection.accept();
      connection.socket.pause();
      await once(connection.socket, 'close');
    });
    const before = process.memoryUsage();
    const [result] = await send(scp, [file], { responseTimeoutMs: 200 });
    const after = process.memoryUsage();
    assert.deepEqual([result?.outcome, result?.detail], ['unsent', 'the peer did not answer within 200 ms']);
    assert.ok(after.external + after.arrayBuffers - before.external - before.arrayBuffers < 16 * 1_048_576);
  });

  it('does not keep what comes after from being sent over another association', async (t) => {
    const files = await phantom(t, 4);
    const scp = await scriptedScp(t, async (connection, index) => {
      await connection.accept();
      await connection.store();
      if (index === 0) connection.socket.destroy();
      else connection.respond({ messageId: 1, contextId: 1 }, 0);
      await connection.serve();
    });
    const results = await send(scp, files, { associations: 2 });
    assert.deepEqual(outcomes(results).toSorted(), ['stored', 'stored', 'unsent', 'unsent']);
  });

  it('sends all over the associations it grants, where it does not grant all', async (t) => {
    const files = await phantom(t, 6);
    const scp = await scriptedScp(t, async (connection, index) => {
      if (index > 0 && index < 3) {
        await connection.proposal();
        connection.send(associateReject(2, 3, 2));
        return;
      }
      await connection.accept();
      await connection.serve();
    });
    const results = await send(scp, files, { associations: 3 });
    assert.deepEqual(new Set(outcomes(results)), new Set(['stored']));
  });
});

describe('cancelling', () => {
  it('aborts the association, and leaves unsent what had no answer', async (t) => {
    const files = await phantom(t, 4);
    const cancelling = new AbortController();
    const scp = await scriptedScp(t, async (connection) => {
      await connection.accept();
      connection.respond((await connection.store()) ?? assert.fail(), 0);
      await connection.store();
      cancelling.abort();
      assert.deepEqual(await connection.restTypes(), [0x07]);
    });
    const results = await send(scp, files, { signal: cancelling.signal });
    await scp.done();
    assert.deepEqual(outcomes(results), ['stored', 'unsent', 'unsent', 'unsent']);
    assert.deepEqual(details(results), [null, 'cancelled', 'cancelled', 'cancelled']);
  });

  it('connects to nobody where it came first', async (t) => {
    const files = await phantom(t, 2);
    const scp = await scriptedScp(t, async () => {});
    assert.deepEqual(outcomes(await send(scp, files, { signal: AbortSignal.abort() })), ['unsent', 'unsent']);
    await assert.rejects(echo(peerOf(scp), { callingAeTitle: 'GANTRY', signal: AbortSignal.abort() }), { code: 'GY335' });
    assert.equal(scp.connections(), 0);
  });

  it('ends waiting for an association', async (t) => {
    const files = await phantom(t, 2);
    const cancelling = new AbortController();
    const scp = await scriptedScp(t, async (connection) => {
      await connection.proposal();
      cancelling.abort();
    });
    assert.deepEqual(outcomes(await send(scp, files, { signal: cancelling.signal })), ['unsent', 'unsent']);
  });
});

describe('files that cannot be sent', () => {
  it('are refused one by one, and the others sent', async (t) => {
    const files = await phantom(t, 4);
    const [missing = assert.fail(), short = assert.fail(), noDicom = assert.fail()] = files;
    await rm(missing.path);
    await truncate(short.path, 100);
    const handle = await open(noDicom.path, 'r+');
    await handle.write('NOPE', 128);
    await handle.close();
    const scp = await scriptedScp(t, async (connection) => {
      await connection.accept();
      assert.equal((await connection.serve()).length, 1);
    });
    const results = await send(scp, files);
    await scp.done();
    assert.deepEqual(outcomes(results), ['refused', 'refused', 'refused', 'stored']);
    assert.match(results[0]?.detail ?? '', /could not be read: ENOENT/);
    assert.match(results[1]?.detail ?? '', /not a DICOM Part 10 file/);
    assert.match(results[2]?.detail ?? '', /not a DICOM Part 10 file/);
    assert.ok(details(results).every((detail) => !detail?.includes(missing.path)));
  });
});

describe('a dataset of an odd number of bytes', () => {
  it('is refused by us: no peer may be sent an odd fragment', async (t) => {
    const [file = assert.fail(), other = assert.fail()] = await phantom(t, 2);
    await appendFile(file.path, Buffer.from([0]));
    const scp = await scriptedScp(t, async (connection) => {
      await connection.accept();
      assert.equal((await connection.serve()).length, 1);
    });
    const results = await send(scp, [file, other]);
    await scp.done();
    assert.deepEqual(outcomes(results), ['refused', 'stored']);
    assert.equal(results[0]?.detail, 'its dataset has an odd number of bytes');
  });
});

describe('C-ECHO', () => {
  const verify = (t: TestContext, play: (connection: ScpConnection) => Promise<void>) => scriptedScp(t, play);

  it('fails with the reason where verification is not accepted', async (t) => {
    const scp = await verify(t, async (c) => {
      await c.accept({ results: new Map([[1, { result: 3 }]]) });
      await c.serve();
    });
    await assert.rejects(echo(peerOf(scp), { callingAeTitle: 'GANTRY' }), {
      code: 'GY334',
      message: /SOP class refused: 1.2.840.10008.1.1/,
    });
  });

  it('fails with the status where it is not Success', async (t) => {
    const scp = await verify(t, async (c) => {
      await c.accept();
      await c.next();
      c.send(response(1, 0x8030, 1, 0x0210));
      await c.serve();
    });
    await assert.rejects(echo(peerOf(scp), { callingAeTitle: 'GANTRY' }), { code: 'GY334', message: /0210 duplicate invocation/ });
  });

  it('fails where no answer comes in time', async (t) => {
    const scp = await verify(t, async (c) => void (await c.accept()));
    const options = { callingAeTitle: 'GANTRY', responseTimeoutMs: 100 };
    await assert.rejects(echo(peerOf(scp), options), { code: 'GY334', message: /did not answer within 100 ms/ });
  });
});
