import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fatal, retryable } from '../../engine/plugin/index.ts';
import { exportStep } from '../../plugins/dicom/export.ts';
import { type FakePeer, fakeDestinations, instanceFiles, memoryJournal, stepContext } from './step-context.ts';

const stored: FakePeer = () => ({ outcome: 'stored', status: 0 });
const full: FakePeer = () => ({ outcome: 'refused', status: 0xa700, detail: 'out of resources' });
const noContext: FakePeer = () => ({ outcome: 'refused', status: null, detail: 'no presentation context accepted' });
/** The first `count` instances fare as `then`, the others as `otherwise`. */
const first =
  (count: number, then: FakePeer, otherwise: FakePeer): FakePeer =>
  (file) =>
    (Number(file.sopInstanceUid.split('.').at(-1)) <= count ? then : otherwise)(file);

const options = { destinations: ['PACS'], failThreshold: '50%', associations: 2 };

describe('dicom/export', () => {
  it("sends the group's instances and tells how far it is", async () => {
    const destinations = fakeDestinations({ PACS: stored });
    const context = stepContext({ files: instanceFiles(3), destinations });
    assert.deepEqual(await exportStep.run(options, context), {
      delivered: 3,
      failed: 0,
      warnings: 0,
      destinations: { PACS: { delivered: 3, warnings: 0, failed: {} } },
    });
    assert.deepEqual(destinations.sent, { PACS: ['1.2.3.1', '1.2.3.2', '1.2.3.3'] });
    assert.deepEqual(context.reported.at(0), { done: 0, total: 3, note: 'PACS 0/3' });
    assert.deepEqual(context.reported.at(-1), { done: 3, total: 3, note: 'PACS 3/3' });
  });

  it('fails with 6 of 10 not arrived, and succeeds with 5 of 10 and a reason for each', async () => {
    await assert.rejects(
      exportStep.run(options, stepContext({ files: instanceFiles(10), destinations: fakeDestinations({ PACS: first(6, full, stored) }) })),
      {
        code: 'TooManyFailures',
        retryable: true,
        message: 'PACS: 6 of 10 instances did not arrive, more than 50%: 6 x A700 out of resources',
      },
    );
    const output = await exportStep.run(
      options,
      stepContext({ files: instanceFiles(10), destinations: fakeDestinations({ PACS: first(5, full, stored) }) }),
    );
    assert.equal(output.failed, 5);
    assert.equal(output.delivered, 5);
    assert.equal(Object.keys(output.destinations.PACS?.failed ?? {}).length, 5);
    assert.equal(output.destinations.PACS?.failed['1.2.3.1'], 'A700 out of resources');
  });

  it('takes the threshold that the workflow names', async () => {
    const peers = { PACS: first(1, full, stored) };
    await assert.rejects(
      exportStep.run({ ...options, failThreshold: '0%' }, stepContext({ files: instanceFiles(10), destinations: fakeDestinations(peers) })),
      { code: 'TooManyFailures' },
    );
    assert.equal(
      (
        await exportStep.run(
          { ...options, failThreshold: '10%' },
          stepContext({ files: instanceFiles(10), destinations: fakeDestinations(peers) }),
        )
      ).failed,
      1,
    );
  });

  it('sends again only what has not arrived', async () => {
    const journal = memoryJournal();
    const files = instanceFiles(10);
    await assert.rejects(
      exportStep.run(options, stepContext({ files, journal, destinations: fakeDestinations({ PACS: first(8, full, stored) }) })),
      { code: 'TooManyFailures' },
    );
    assert.deepEqual(
      [...journal.entries],
      [
        ['PACS/1.2.3.9', 'stored'],
        ['PACS/1.2.3.10', 'stored'],
      ],
    );

    const again = fakeDestinations({ PACS: stored });
    const context = stepContext({ files, journal, destinations: again });
    assert.equal((await exportStep.run(options, context)).delivered, 10);
    assert.equal(again.sent.PACS?.length, 8);
    assert.ok(!again.sent.PACS?.includes('1.2.3.9'));
    assert.deepEqual(context.reported.at(0), { done: 2, total: 10, note: 'PACS 2/10' });
  });

  it('needs no association when all has arrived before', async () => {
    const journal = memoryJournal();
    const files = instanceFiles(2);
    await exportStep.run(options, stepContext({ files, journal, destinations: fakeDestinations({ PACS: stored }) }));
    const gone = fakeDestinations({ PACS: retryable('DestinationUnreachable', 'gone') });
    assert.equal((await exportStep.run(options, stepContext({ files, journal, destinations: gone }))).delivered, 2);
  });

  it('counts a warning as stored, flags it, and still does when it was an earlier attempt that got it', async () => {
    const warned: FakePeer = () => ({ outcome: 'warning', status: 0xb000, detail: 'coerced' });
    const journal = memoryJournal();
    const files = instanceFiles(4);
    const one = await exportStep.run(
      options,
      stepContext({ files, journal, destinations: fakeDestinations({ PACS: first(3, warned, stored) }) }),
    );
    assert.deepEqual([one.delivered, one.failed, one.warnings], [4, 0, 3]);
    const two = await exportStep.run(options, stepContext({ files, journal, destinations: fakeDestinations({ PACS: stored }) }));
    assert.deepEqual([two.delivered, two.warnings], [4, 3]);
  });

  it('takes "duplicate SOP instance" for arrived', async () => {
    const duplicate: FakePeer = () => ({ outcome: 'refused', status: 0x0111, detail: 'duplicate' });
    assert.equal(
      (await exportStep.run(options, stepContext({ files: instanceFiles(2), destinations: fakeDestinations({ PACS: duplicate }) })))
        .delivered,
      2,
    );
  });

  it('gives up at once where the destination can never take the instances', async () => {
    for (const [status, detail] of [
      [null, 'no presentation context accepted'],
      [0x0122, 'SOP class not supported'],
      [0xa900, 'mismatch'],
      [0xc001, 'cannot understand'],
    ] as const) {
      const peer: FakePeer = () => ({ outcome: 'refused', status, detail });
      await assert.rejects(
        exportStep.run(options, stepContext({ files: instanceFiles(4), destinations: fakeDestinations({ PACS: peer }) })),
        { code: 'TooManyFailures', retryable: false },
      );
    }
    const mixed = fakeDestinations({ PACS: first(3, noContext, full) });
    await assert.rejects(exportStep.run(options, stepContext({ files: instanceFiles(4), destinations: mixed })), {
      code: 'TooManyFailures',
      retryable: true,
      message: 'PACS: 4 of 4 instances did not arrive, more than 50%: 3 x no presentation context accepted; 1 x A700 out of resources',
    });
  });

  it('serves several destinations, and one that fails takes nothing from the others', async () => {
    const journal = memoryJournal();
    const files = instanceFiles(3);
    const two = { ...options, destinations: ['PACS', 'ARCHIVE'] };
    const half = fakeDestinations({ PACS: stored, ARCHIVE: retryable('DestinationUnreachable', 'ARCHIVE: nothing listens') });
    await assert.rejects(exportStep.run(two, stepContext({ files, journal, destinations: half })), {
      code: 'DestinationUnreachable',
      retryable: true,
    });
    const back = fakeDestinations({ PACS: stored, ARCHIVE: stored });
    const output = await exportStep.run(two, stepContext({ files, journal, destinations: back }));
    assert.deepEqual(back.sent, { ARCHIVE: ['1.2.3.1', '1.2.3.2', '1.2.3.3'] });
    assert.deepEqual([output.delivered, Object.keys(output.destinations)], [6, ['PACS', 'ARCHIVE']]);
  });

  it('tries again for the destination that may come back before it gives up for the one that will not', async () => {
    const peers = {
      PACS: fatal('AssociationRejectedPermanently', 'PACS: rejected (1/1/7)'),
      ARCHIVE: retryable('AssociationRejected', 'ARCHIVE: rejected (2/3/2)'),
    };
    const run = exportStep.run(
      { ...options, destinations: ['PACS', 'ARCHIVE'] },
      stepContext({ files: instanceFiles(1), destinations: fakeDestinations(peers) }),
    );
    await assert.rejects(run, { code: 'AssociationRejected' });
  });

  it('remembers in batches, and all of it when it is cancelled', async () => {
    const journal = memoryJournal();
    const cancel = new AbortController();
    const peer: FakePeer = ({ sopInstanceUid }) => {
      if (sopInstanceUid === '1.2.3.120') cancel.abort(new Error('cancelled'));
      return { outcome: 'stored', status: 0 };
    };
    await assert.rejects(
      exportStep.run(
        options,
        stepContext({ files: instanceFiles(300), journal, signal: cancel.signal, destinations: fakeDestinations({ PACS: peer }) }),
      ),
      /cancelled/,
    );
    assert.equal(journal.entries.size, 120);
    assert.ok(journal.writes < 20, `${journal.writes} writes`);
  });

  it('fails where its memory fails: what is not remembered would be sent again', async () => {
    const journal = { ...memoryJournal(), write: () => Promise.reject(new Error('disk full')) };
    await assert.rejects(
      exportStep.run(options, stepContext({ files: instanceFiles(1), journal, destinations: fakeDestinations({ PACS: stored }) })),
      /disk full/,
    );
  });

  it('never lets what a peer says onto a terminal as it is', async () => {
    const rude: FakePeer = () => ({ outcome: 'refused', status: 0xa700, detail: '\x1b[2Jboo\n' });
    const output = await exportStep.run(
      { ...options, failThreshold: '100%' },
      stepContext({ files: instanceFiles(1), destinations: fakeDestinations({ PACS: rude }) }),
    );
    assert.equal(output.destinations.PACS?.failed['1.2.3.1'], 'A700 ?[2Jboo?');
  });
});
