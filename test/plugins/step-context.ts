import type { DeliveryOptions, DeliveryResult, InstanceFile, InstanceSet, Jobs, Journal, StepContext } from '../../engine/plugin/index.ts';
import { totals } from './facts.ts';

export const groupSet: InstanceSet = { set: 'group', count: 0, sizeBytes: 0 };

/** A journal that lives as long as the test, as the ledger's lives over attempts. */
export function memoryJournal(): Journal & { readonly entries: Map<string, unknown>; readonly writes: number } {
  const entries = new Map<string, unknown>();
  let writes = 0;
  return {
    entries,
    get writes() {
      return writes;
    },
    read: async () => new Map(entries),
    async write(added) {
      writes += 1;
      for (const [key, value] of Object.entries(added)) entries.set(key, JSON.parse(JSON.stringify(value)));
    },
  };
}

export const instanceFiles = (count: number): InstanceFile[] =>
  Array.from({ length: count }, (_, index) => ({
    sopInstanceUid: `1.2.3.${index + 1}`,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    studyInstanceUid: '1.2.3',
    seriesInstanceUid: '1.2.3.4',
    sizeBytes: 10,
    path: `/nowhere/${index + 1}.dcm`,
  }));

/** A PACS: what it answers for each instance, and what it was sent. */
export type FakePeer = (file: InstanceFile) => Partial<DeliveryResult>;

export function fakeDestinations(peers: Readonly<Record<string, FakePeer | Error>>) {
  const sent: Record<string, string[]> = {};
  return {
    sent,
    names: Object.keys(peers),
    async store(name: string, files: readonly InstanceFile[], { onResult, signal }: DeliveryOptions): Promise<readonly DeliveryResult[]> {
      const peer = peers[name];
      if (peer === undefined || peer instanceof Error) throw peer ?? new Error('no such peer');
      const results: DeliveryResult[] = [];
      for (const file of files) {
        await new Promise(setImmediate);
        const result = {
          sopInstanceUid: file.sopInstanceUid,
          status: null,
          detail: null,
          outcome: 'stored',
          ...(signal.aborted ? { outcome: 'unsent' } : peer(file)),
        } as DeliveryResult;
        sent[name] = [...(sent[name] ?? []), file.sopInstanceUid];
        onResult(result);
        results.push(result);
      }
      return results;
    },
  };
}

export interface Progress {
  readonly done: number;
  readonly total: number | null;
  readonly note: string | undefined;
}

/** A step's context with nothing behind it but what a test puts there. */
export function stepContext(
  more: Partial<StepContext> & { readonly files?: readonly InstanceFile[] } = {},
): StepContext & { readonly reported: Progress[] } {
  const { files = [], ...parts } = more;
  const reported: Progress[] = [];
  const unexpected = (): never => {
    throw new Error('not expected in this test');
  };
  const jobs: Jobs = { names: [], folder: unexpected, run: unexpected };
  return {
    reported,
    run: {
      workflow: 'lung-ct',
      workflowId: 'lung-ct/LUNG/1.2.3',
      runId: 'r',
      calledAeTitle: 'LUNG',
      group: '1.2.3',
      definition: 'abc',
      outcome: 'succeeded',
    },
    step: { id: 'a-step', attempt: 1 },
    idempotencyKey: 'lung-ct/LUNG/1.2.3/1/a-step',
    totals: totals(),
    signal: new AbortController().signal,
    log: { info() {}, warn() {}, error() {} },
    progress: (done, total, note) => reported.push({ done, total, note }),
    instances: { group: { ...groupSet, count: files.length }, list: async () => files, materialise: unexpected, adopt: unexpected },
    destinations: { names: [], store: unexpected },
    jobs,
    journal: memoryJournal(),
    claims: { release: unexpected },
    ...parts,
  };
}
