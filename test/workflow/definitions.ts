import type { Definition, StepDefinition } from '../../engine/language/definition.ts';
import { defaultPolicy, type RetryPolicy } from '../../engine/retries/index.ts';
import type { BeginOutput, GroupOutput, RunInput, StepCall } from '../../engine/workflow/contract.ts';
import { epoch, type FakeActivities } from './harness.ts';

export const pacs: RetryPolicy = {
  name: 'pacs',
  attempts: 4,
  backoff: { initialMs: 30_000, factor: 2, maxMs: 600_000 },
  exhausted: 'park',
  on: {},
};

export const step = (id: string, uses: string, more: Partial<StepDefinition> = {}): StepDefinition => ({
  id,
  kind: 'step',
  uses,
  title: id,
  summary: uses,
  with: {},
  if: null,
  timeoutMs: 600_000,
  retry: defaultPolicy,
  ...more,
});

export const lungCt: Definition = {
  language: 1,
  workflow: 'lung-ct',
  title: 'Lung nodules on chest CT',
  on: { received: { calledAeTitle: 'LUNG', callingAeTitles: [], when: null, attributes: [] } },
  steps: [
    step('study', 'group/by-study', { kind: 'group', summary: 'name the group' }),
    step('complete', 'batch/timeout', { kind: 'batch', summary: 'is it complete? (quiet for {quiet})', with: { quiet: '10s' } }),
    step('nodules', 'job/submit', { summary: 'run {job}', with: { job: 'nodules' } }),
    step('to-pacs', 'dicom/export', {
      summary: 'send {instances} to {destinations}',
      if: 'steps.nodules.output.instances.count > 0',
      with: { instances: { $expression: 'steps.nodules.output.instances' }, destinations: ['PACS', 'ARCHIVE'] },
      retry: pacs,
    }),
  ],
  finally: [step('reclaim', 'storage/reclaim', { summary: 'give back the instances' })],
  late: 'next',
  retainFailedMs: 604_800_000,
};

export const hash = 'ab'.repeat(32);

export const input: RunInput = { workflow: 'lung-ct', calledAeTitle: 'LUNG', key: '1.2.3', group: 7, definition: hash };

export const totals = (instances: number, lastAt: number | null = null) => ({
  instances,
  series: 2,
  sizeBytes: instances * 500_000,
  firstAt: epoch,
  lastAt,
  modalities: ['CT'],
  callingAeTitles: ['CT1'],
});

export const taken = (definition: Definition = lungCt): BeginOutput => ({ state: 'taken', definition, totals: totals(1) });

export const complete = (instances = 128) => ({
  output: {
    complete: true,
    why: `${instances} instances, quiet`,
    instances: { set: 'group-7', count: instances, sizeBytes: 1 },
    totals: totals(instances),
  },
});

export const result = (count: number) => ({ output: { instances: { set: 'artifact-1', count, sizeBytes: 1 } } });

/** All goes well, and the batch is complete at once. */
export const allWell: FakeActivities = {
  'gantry/begin': () => ({ output: taken() }),
  'group/by-study': (): { output: GroupOutput } => ({ output: { key: '1.2.3', description: 'study 1.2.3: CT from CT1' } }),
  'batch/timeout': () => complete(),
  'job/submit': () => result(2),
  'dicom/export': () => ({ output: { sent: 2 } }),
  'storage/reclaim': () => ({ output: { released: 128 } }),
};

export const rejected = {
  fail: { code: 'AssociationRejected', message: 'association rejected (2/3/2)', retryable: true, hint: 'is PACS up?' },
};

/** `batch/timeout` as its plugin decides: complete when nothing came for `quietMs`, asked about arrivals at the given times after the start. */
export function quietPeriod(arrivals: readonly number[], quietMs: number) {
  return (call: StepCall, _n: number, now: number) => {
    const past = arrivals.filter((at) => epoch + at <= now);
    const lastAt = epoch + (past.at(-1) ?? 0);
    const counted = totals(past.length, lastAt);
    const completeNow = call.batch?.completeNow ?? null;
    if (now < lastAt + quietMs && completeNow === null) {
      const why = `${past.length} instances, quiet until ${new Date(lastAt + quietMs).toISOString().slice(11, 19)}`;
      return { output: { complete: false, why, wakeAt: lastAt + quietMs, state: { asked: true }, seen: past.length, totals: counted } };
    }
    const why = completeNow ?? `${past.length} instances, quiet`;
    return { output: { complete: true, why, instances: { set: 'group-7', count: past.length, sizeBytes: 1 }, totals: counted } };
  };
}
