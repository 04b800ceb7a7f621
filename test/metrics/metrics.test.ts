import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMetrics, formatMetrics, type Metrics, type MetricsOptions } from '../../engine/metrics/index.ts';
import { samplesOf } from './exposition.ts';

const create = (options: Partial<MetricsOptions> = {}): Metrics =>
  createMetrics({ isCalledAeTitle: (title) => ['LUNG', 'HEART'].includes(title), ...options });
const read = async (...all: readonly Metrics[]) => samplesOf(await formatMetrics(await Promise.all(all.map((each) => each.snapshot()))));
const answer = { calledAeTitle: 'LUNG', status: 0, sizeBytes: 526_336, seconds: 0.004 };

/** What an event changes, by series, buckets left out. */
async function changes(event: (metrics: Metrics) => void): Promise<Readonly<Record<string, number>>> {
  const metrics = create();
  const before = await read(metrics);
  event(metrics);
  const after = [...(await read(metrics))].filter(([series]) => !series.includes('_bucket'));
  return Object.fromEntries(after.filter(([series, value]) => value !== (before.get(series) ?? 0)));
}

describe('the metrics of the receiver', () => {
  it('count each event where it belongs, and nowhere else', async () => {
    assert.deepEqual(await changes(({ receiver }) => receiver.opened()), { gantry_associations_open: 1 });
    assert.deepEqual(await changes(({ receiver }) => receiver.rejected('2/3/2')), {
      'gantry_associations_rejected_total{code="2/3/2"}': 1,
    });
    for (const how of ['released', 'aborted', 'lost', 'timeout'] as const)
      assert.deepEqual(await changes(({ receiver }) => receiver.closed({ how, seconds: 12.5 })), {
        [`gantry_associations_total{how="${how}"}`]: 1,
        gantry_associations_open: -1,
        gantry_association_seconds_sum: 12.5,
        gantry_association_seconds_count: 1,
      });
    assert.deepEqual(await changes(({ receiver }) => receiver.answered({ ...answer, status: 0xa700 })), {
      'gantry_instances_received_total{called_ae_title="LUNG",status="A700"}': 1,
      gantry_received_bytes_total: 526_336,
      gantry_instance_store_seconds_sum: 0.004,
      gantry_instance_store_seconds_count: 1,
      gantry_instance_size_bytes_sum: 526_336,
      gantry_instance_size_bytes_count: 1,
    });
    assert.deepEqual(await changes(({ receiver }) => receiver.refused({ calledAeTitle: 'HEART', status: 0x0117, times: 3 })), {
      'gantry_instances_received_total{called_ae_title="HEART",status="0117"}': 3,
    });
  });

  it('are there from the start where an alert looks for an increase', async () => {
    const samples = await read(create());
    for (const how of ['released', 'aborted', 'lost', 'timeout']) assert.equal(samples.get(`gantry_associations_total{how="${how}"}`), 0);
    for (const name of ['gantry_associations_open', 'gantry_received_bytes_total', 'gantry_instance_store_seconds_count'])
      assert.equal(samples.get(name), 0, name);
  });

  it('have buckets for what really comes: half a megabyte stored in milliseconds, gigabytes, an association of an hour', async () => {
    const metrics = create();
    metrics.receiver.answered(answer);
    metrics.receiver.answered({ ...answer, sizeBytes: 3.9e9, seconds: 20 });
    metrics.receiver.closed({ how: 'released', seconds: 3_500 });
    const samples = await read(metrics);
    assert.equal(samples.get('gantry_instance_store_seconds_bucket{le="0.0025"}'), 0);
    assert.equal(samples.get('gantry_instance_store_seconds_bucket{le="0.005"}'), 1);
    assert.equal(samples.get('gantry_instance_store_seconds_bucket{le="30"}'), 2);
    assert.equal(samples.get('gantry_instance_size_bytes_bucket{le="1000000"}'), 1);
    assert.equal(samples.get('gantry_instance_size_bytes_bucket{le="4000000000"}'), 2);
    assert.equal(samples.get('gantry_association_seconds_bucket{le="900"}'), 0);
    assert.equal(samples.get('gantry_association_seconds_bucket{le="3600"}'), 1);
  });

  it('do not grow with what peers call us, nor without end with what workflows do', async () => {
    let known = ['LUNG'];
    const metrics = create({ isCalledAeTitle: (title) => known.includes(title) });
    const refuse = (calledAeTitle: string): void => metrics.receiver.refused({ calledAeTitle, status: 0, times: 1 });
    for (let n = 0; n < 1_000; n++) refuse(`"}\n\\${n}`);
    refuse('LUNG');
    known = [];
    refuse('LUNG');
    const titles = async (): Promise<readonly [string, number][]> =>
      [...(await read(metrics))].filter(([series]) => series.startsWith('gantry_instances_received_total'));
    assert.deepEqual(await titles(), [
      ['gantry_instances_received_total{called_ae_title="other",status="0000"}', 1_000],
      ['gantry_instances_received_total{called_ae_title="LUNG",status="0000"}', 2],
    ]);
    known = Array.from({ length: 1_000 }, (_, n) => `AE${n}`);
    for (const title of known) refuse(title);
    assert.equal((await titles()).length, 1 + 200);
  });
});

describe('the metrics of storage', () => {
  it('are asked for when they are read, and left out while the disk cannot be asked', async () => {
    let space: { open: boolean; freeBytes: number } | null = { open: true, freeBytes: 5e9 };
    const metrics = create({
      async space() {
        if (space === null) throw new Error('no such disk');
        return space;
      },
    });
    const told = async (): Promise<readonly unknown[]> => {
      const samples = await read(metrics);
      assert.equal(samples.get('gantry_associations_open'), 0);
      return [samples.get('gantry_storage_free_bytes'), samples.get('gantry_storage_open')];
    };
    assert.deepEqual(await told(), [5e9, 1]);
    space = { open: false, freeBytes: 1e9 };
    assert.deepEqual(await told(), [1e9, 0]);
    space = null;
    assert.deepEqual(await told(), [undefined, undefined]);
    space = { open: true, freeBytes: 0 };
    assert.deepEqual(await told(), [0, 1]);
  });
});

describe('the metrics of several threads', () => {
  it('are told as one, also after a journey between threads', async () => {
    const main = create({ space: async () => ({ open: true, freeBytes: 7 }) });
    const other = create();
    for (const { receiver } of [main, other, other]) {
      receiver.opened();
      receiver.answered(answer);
      receiver.rejected('2/3/2');
    }
    other.receiver.closed({ how: 'released', seconds: 1 });
    const snapshots = [await main.snapshot(), structuredClone(await other.snapshot())];
    const samples = samplesOf(await formatMetrics(snapshots));
    assert.deepEqual(
      [
        'gantry_associations_open',
        'gantry_associations_rejected_total{code="2/3/2"}',
        'gantry_instances_received_total{called_ae_title="LUNG",status="0000"}',
        'gantry_instance_store_seconds_bucket{le="0.005"}',
        'gantry_instance_store_seconds_count',
        'gantry_storage_free_bytes',
        'gantry_storage_open',
      ].map((series) => samples.get(series)),
      [2, 3, 3, 3, 3, 7, 1],
    );
  });

  it('are the same text as those of one thread, told alone', async () => {
    const metrics = create();
    metrics.receiver.answered(answer);
    const [once, twice] = [await formatMetrics([await metrics.snapshot()]), await formatMetrics([await metrics.snapshot(), []])];
    assert.equal(once, twice);
    assert.match(once, /^# HELP gantry_associations_total .+\n# TYPE gantry_associations_total counter\n/);
  });
});
