import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import type { AssociationInfo, AssociationSummary, InstanceSink, ReceiverPolicy, StoreStatus } from '../../engine/dicom/index.ts';
import { measured } from '../../engine/intake/measured-policy.ts';
import { createMetrics, formatMetrics, type ReceiverMetrics } from '../../engine/metrics/index.ts';
import { samplesOf } from '../metrics/exposition.ts';

const association: AssociationInfo = {
  id: 'a',
  callingAeTitle: 'CT1',
  calledAeTitle: 'LUNG',
  peer: '127.0.0.1',
  storage: true,
  tls: null,
  openedAt: Date.now() - 2_000,
  implementation: { classUid: '', versionName: '' },
  acceptedContexts: 1,
  refusedContexts: [],
};
const incoming = { association, sopClassUid: '1.2', sopInstanceUid: '1.2.3', transferSyntaxUid: '1.2.840.10008.1.2.1' };
const summary = (statuses: readonly (readonly [number, number])[]): AssociationSummary => ({
  ...{ how: 'released', why: null, stored: 0, failed: 0, sizeBytes: 0 },
  statuses: new Map(statuses),
});

class Sink implements InstanceSink {
  readonly #status: number;
  discarded = false;
  constructor(status: number) {
    this.#status = status;
  }
  write = (): boolean => true;
  drained = async (): Promise<void> => {};
  finish = async (): Promise<StoreStatus> => ({ status: this.#status, comment: null });
  discard = async (): Promise<void> => {
    this.discarded = true;
  };
}

/** A policy that gives these answers, one an instance. */
function policyOf(...answers: (InstanceSink | StoreStatus)[]): ReceiverPolicy {
  return {
    admit: () => ({ result: 1, source: 1, reason: 7, why: 'no such AE title here' }),
    opened() {},
    closed() {},
    instance: () => answers.shift() ?? { status: 0, comment: null },
  };
}

const counters = async (metrics: ReturnType<typeof createMetrics>): Promise<Readonly<Record<string, number>>> => {
  const samples = samplesOf(await formatMetrics([await metrics.snapshot()]));
  return Object.fromEntries([...samples].filter(([series, value]) => /_total|_open|_count/.test(series) && value !== 0));
};
const create = () => createMetrics({ isCalledAeTitle: (title) => title === 'LUNG' });

async function receive(policy: ReceiverPolicy, bytes: number, end: 'finish' | 'discard' = 'finish'): Promise<void> {
  const answer = policy.instance(incoming);
  if (!('write' in answer)) return;
  answer.write(Buffer.alloc(bytes));
  await answer[end]();
}

describe('a measured policy', () => {
  it('counts associations that are opened and closed, and how long they were open', async () => {
    const metrics = create();
    const policy = measured(policyOf(), metrics.receiver);
    await policy.opened(association);
    assert.deepEqual(await counters(metrics), { gantry_associations_open: 1 });
    await policy.closed(association, summary([]));
    const { 'gantry_associations_total{how="released"}': released, gantry_associations_open: open } = await counters(metrics);
    assert.deepEqual([released, open], [1, undefined]);
    const seconds = samplesOf(await formatMetrics([await metrics.snapshot()])).get('gantry_association_seconds_sum') ?? 0;
    assert.ok(seconds >= 2 && seconds < 60);
  });

  it('does not count as open what could not be opened', async () => {
    const metrics = create();
    const policy = measured({ ...policyOf(), opened: () => Promise.reject(new Error('the ledger is gone')) }, metrics.receiver);
    await assert.rejects(async () => policy.opened(association), /the ledger is gone/);
    assert.deepEqual(await counters(metrics), {});
  });

  it('counts an instance as it is answered, with its bytes', async () => {
    const metrics = create();
    const policy = measured(policyOf(new Sink(0), new Sink(0xa900)), metrics.receiver);
    await receive(policy, 600);
    await receive(policy, 400);
    assert.deepEqual(await counters(metrics), {
      'gantry_instances_received_total{called_ae_title="LUNG",status="0000"}': 1,
      'gantry_instances_received_total{called_ae_title="LUNG",status="A900"}': 1,
      gantry_received_bytes_total: 1_000,
      gantry_instance_store_seconds_count: 2,
      gantry_instance_size_bytes_count: 2,
    });
  });

  it('counts each response once, also those that the receiver gave by itself', async () => {
    const metrics = create();
    const dropped = new Sink(0);
    const policy = measured(policyOf(new Sink(0), { status: 0xa700, comment: null }, dropped, new Sink(0)), metrics.receiver);
    await receive(policy, 600);
    await receive(policy, 0);
    await receive(policy, 100, 'discard');
    await receive(policy, 400);
    assert.ok(dropped.discarded);
    await policy.closed(
      association,
      summary([
        [0x0000, 2],
        [0xa700, 1],
        [0x0117, 4],
      ]),
    );
    const all = await counters(metrics);
    assert.deepEqual(
      ['0000', 'A700', '0117'].map((status) => all[`gantry_instances_received_total{called_ae_title="LUNG",status="${status}"}`]),
      [2, 1, 4],
    );
    assert.equal(all.gantry_received_bytes_total, 1_000);
    // Nothing is remembered of an association that has ended.
    await policy.closed(association, summary([[0x0000, 1]]));
    assert.equal((await counters(metrics))['gantry_instances_received_total{called_ae_title="LUNG",status="0000"}'], 3);
  });

  it('counts what was answered when the peer had gone, and so was never sent', async () => {
    const metrics = create();
    const policy = measured(policyOf(new Sink(0)), metrics.receiver);
    await receive(policy, 600);
    await policy.closed(association, summary([[0x0000, 0]]));
    assert.equal((await counters(metrics))['gantry_instances_received_total{called_ae_title="LUNG",status="0000"}'], 1);
  });

  it('counts rejections by code, and passes them on', async () => {
    const metrics = create();
    const told: unknown[] = [];
    const policy = measured({ ...policyOf(), rejected: (...values) => told.push(values) }, metrics.receiver);
    const rejection = { result: 2, source: 3, reason: 2, why: 'too many associations' } as const;
    assert.deepEqual(await policy.admit(association), { result: 1, source: 1, reason: 7, why: 'no such AE title here' });
    policy.rejected?.(association, rejection);
    assert.deepEqual(await counters(metrics), { 'gantry_associations_rejected_total{code="2/3/2"}': 1 });
    assert.deepEqual(told, [[association, rejection]]);
  });

  it('counts the end of an association also where it could not be recorded', async () => {
    const events: string[] = [];
    const receiver = new Proxy({} as ReceiverMetrics, { get: (_, name) => () => events.push(String(name)) });
    const policy = measured({ ...policyOf(), closed: () => Promise.reject(new Error('the ledger is gone')) }, receiver);
    await assert.rejects(async () => policy.closed(association, summary([])), /the ledger is gone/);
    assert.deepEqual(events, ['closed']);
  });
});
