import type { TestContext } from 'node:test';
import type { AssociationEnd, AssociationRecord, Ledger, NewInstance, RecordOutcome, Routing } from '../../../engine/ledger/index.ts';

/** An empty ledger. Whoever hands it out closes and removes it. */
export type OpenLedger = (test: TestContext) => Promise<Ledger>;

export const keep = { overwriteSameInstance: false };
export const overwrite = { overwriteSameInstance: true };

let made = 0;

/** An instance like no other, but for what is given. */
export function instance(given: Partial<NewInstance> = {}): NewInstance {
  const n = ++made;
  return {
    sopInstanceUid: `1.2.3.4.${n}`,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    studyInstanceUid: '1.2.3',
    seriesInstanceUid: '1.2.3.4',
    modality: 'CT',
    callingAeTitle: 'CT1',
    calledAeTitle: 'LUNG',
    associationId: 'association-1',
    sizeBytes: 1_000,
    path: `2025-01-01/aa/${n.toString(16).padStart(32, '0')}.dcm`,
    receivedAt: 1_700_000_000_000 + n,
    ...given,
  };
}

/** An association from CT1 to LUNG that just began, but for what is given. */
export const association = (given: Partial<AssociationRecord> = {}): AssociationRecord => ({
  id: 'association-1',
  callingAeTitle: 'CT1',
  calledAeTitle: 'LUNG',
  peer: '127.0.0.1',
  openedAt: 1,
  acceptedContexts: 1,
  refusedContexts: [],
  implementation: { classUid: '1.2.276.0.7230010.3.0.3.6.8', versionName: 'OFFIS_DCMTK_368' },
  tls: null,
  ...given,
});

export const ended = (given: Partial<AssociationEnd> = {}): AssociationEnd => ({
  closedAt: 2,
  how: 'released',
  stored: 1,
  failed: 0,
  statuses: new Map([[0, 1]]),
  sizeBytes: 1_000,
  why: null,
  ...given,
});

/** The same SOP Instance sent again: another file, the same bytes unless others are given. */
export const again = (first: NewInstance, given: Partial<NewInstance> = {}): NewInstance => {
  const { path, receivedAt } = instance();
  return { ...first, path, receivedAt, ...given };
};

/**
 * Records as the receiver does: where the ledger asks to compare with an earlier instance, `bytes` are these ones', and `earlier` those
 * of what is held.
 */
export async function recordComparing(
  ledger: Ledger,
  given: NewInstance,
  rule: typeof keep,
  { bytes, earlier = 'a' }: { readonly bytes: string; readonly earlier?: string },
): Promise<{ readonly outcome: RecordOutcome; readonly sequence: number }> {
  const recording = await ledger.record(given, rule);
  if (recording.outcome !== 'compare') return recording;
  const settled = await ledger.record(given, { ...rule, comparison: { sequence: recording.sequence, earlier, newer: bytes } });
  if (settled.outcome === 'compare') throw new Error('the ledger asks for the same comparison again');
  return settled;
}

export const sameBytes = { bytes: 'a' };
export const otherBytes = { bytes: 'b' };

/** A decision that workflows want an instance, all under the same key. */
export const wantedBy = (sequence: number, workflows: readonly string[], key = '1.2.3'): Routing => ({
  sequence,
  claims: workflows.map((workflow) => ({ workflow, key, workflowId: `${workflow}/LUNG/${key}`, definition: `hash-of-${workflow}` })),
  why: '',
  undecided: false,
});

export const unwanted = (sequence: number): Routing => ({ sequence, claims: [], why: 'no workflow for LUNG matches', undecided: false });

/** A decision that could not be made. */
export const undecided = (sequence: number): Routing => ({
  sequence,
  claims: [],
  why: 'lung: its rule could not be evaluated',
  undecided: true,
});

/** Records an instance, and routes it to workflows under a key. */
export async function take(ledger: Ledger, workflows: readonly string[], given: Partial<NewInstance> = {}, key?: string): Promise<number> {
  const { sequence } = await ledger.record(instance(given), keep);
  await ledger.route([wantedBy(sequence, workflows, key)]);
  return sequence;
}

/** The id of the newest group of a workflow. */
export async function groupOf(ledger: Ledger, workflow: string): Promise<number> {
  const group = (await ledger.openGroups()).filter((row) => row.workflow === workflow).at(-1);
  if (group === undefined) throw new Error(`no open group of ${workflow}`);
  return group.id;
}

/** Takes a group for a run and closes it as it stands. */
export async function close(ledger: Ledger, group: number, runId = 'run-1'): Promise<void> {
  await ledger.takeGroup(group, runId);
  const { seen } = await ledger.observeGroup(group, 0);
  if (!(await ledger.closeGroup(group, runId, seen))) throw new Error('the group was not closed');
}

/** Sequences of the instances whose files may be deleted. */
export async function reclaimableInstances(ledger: Ledger): Promise<readonly number[]> {
  const files = await ledger.reclaimable(1_000);
  return files.filter(({ kind }) => kind === 'instance').map(({ id }) => id);
}

/** `what` of each line of a story. */
export async function story(ledger: Ledger, uid: string): Promise<readonly string[]> {
  return (await ledger.explain(uid)).map(({ what }) => what);
}
