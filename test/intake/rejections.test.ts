import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRejectionRecorder } from '../../engine/intake/rejections.ts';
import type { AssociationRejections } from '../../engine/ledger/index.ts';
import { silentLog } from '../../engine/log/index.ts';

const proposal = { callingAeTitle: 'CT2', calledAeTitle: 'LUNG', peer: '10.1.2.4' };
const rejection = { result: 1, source: 1, reason: 7, why: 'no such AE title here' } as const;

/** A ledger whose writes end when they are told to. */
class SlowLedger {
  readonly writes: (readonly AssociationRejections[])[] = [];
  #ends: PromiseWithResolvers<void>[] = [];

  associationsRejected = (rejections: readonly AssociationRejections[]): Promise<void> => {
    this.writes.push(rejections);
    const end = Promise.withResolvers<void>();
    this.#ends.push(end);
    return end.promise;
  };

  async end(error?: Error): Promise<void> {
    const end = this.#ends.shift();
    if (error === undefined) end?.resolve();
    else end?.reject(error);
    await new Promise(setImmediate);
  }
}

describe('rejected associations', () => {
  it('are recorded with names, code and reason', async () => {
    const ledger = new SlowLedger();
    createRejectionRecorder({ ledger, log: silentLog }).add(proposal, rejection);
    const [[first] = []] = ledger.writes;
    assert.ok(first !== undefined && Math.abs(Date.now() - first.at) < 10_000);
    assert.deepEqual({ ...first, at: 0 }, { ...proposal, code: '1/1/7', why: 'no such AE title here', times: 1, at: 0 });
  });

  it('that come while the ledger writes are counted together, in one write after it', async () => {
    const ledger = new SlowLedger();
    const recorder = createRejectionRecorder({ ledger, log: silentLog });
    for (let n = 0; n < 1_000; n++) recorder.add(proposal, rejection);
    recorder.add({ ...proposal, callingAeTitle: 'CT3' }, rejection);
    assert.equal(ledger.writes.length, 1);
    await ledger.end();
    await ledger.end();
    assert.deepEqual(
      ledger.writes.map((write) => write.map(({ callingAeTitle, times }) => [callingAeTitle, times])),
      [
        [['CT2', 1]],
        [
          ['CT2', 999],
          ['CT3', 1],
        ],
      ],
    );
    recorder.add(proposal, rejection);
    assert.equal(ledger.writes.length, 3, 'and it goes on');
  });

  it('from ever other names wait in bounded memory, and are all counted', async () => {
    const ledger = new SlowLedger();
    const recorder = createRejectionRecorder({ ledger, log: silentLog });
    for (let n = 0; n < 10_001; n++) recorder.add({ ...proposal, callingAeTitle: `N${n}` }, rejection);
    await ledger.end();
    const [, flood = []] = ledger.writes;
    assert.equal(flood.length, 257);
    assert.deepEqual(
      { ...flood.at(-1), at: 0, why: '' },
      { callingAeTitle: '', calledAeTitle: '', peer: '', code: '1/1/7', times: 10_000 - 256, at: 0, why: '' },
    );
  });

  it('that the ledger does not take are logged, and harm no later ones', async () => {
    const ledger = new SlowLedger();
    const errors: unknown[] = [];
    const recorder = createRejectionRecorder({ ledger, log: { ...silentLog, error: (message, fields) => errors.push([message, fields]) } });
    recorder.add(proposal, rejection);
    await ledger.end(new Error('disk I/O error'));
    recorder.add(proposal, rejection);
    assert.deepEqual(errors, [['rejected associations were not recorded', { error: 'disk I/O error' }]]);
    assert.equal(ledger.writes.length, 2);
  });
});
