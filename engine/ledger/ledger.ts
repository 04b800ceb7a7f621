import type { GroupTotals, InstanceFacts, InstanceFile, InstanceSet } from '../plugin/index.ts';

/** What is recorded of an instance whose file is synced and renamed. */
export interface NewInstance {
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly studyInstanceUid: string | null;
  readonly seriesInstanceUid: string | null;
  readonly modality: string | null;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly associationId: string;
  readonly sizeBytes: number;
  /** Relative to the storage root. Generated: no other instance ever has it. */
  readonly path: string;
  readonly receivedAt: number;
}

/** `recorded`: the file is the ledger's. `duplicate`: an open run holds the same bytes. `kept-first`: other bytes, and the first stays. In both of these the new file is the caller's to delete. `replaced`: the older one's claims that are not closed move to the new. */
export type RecordOutcome = 'recorded' | 'duplicate' | 'kept-first' | 'replaced';

/** `compare`: an instance of the same UID is held, so it depends on the bytes of both; nothing is recorded yet. `path` is the held one's. */
export type Recording =
  | { readonly outcome: RecordOutcome; readonly sequence: number }
  | { readonly outcome: 'compare'; readonly sequence: number; readonly path: string };

/** SHA-256 of the dataset that an earlier instance has, by its sequence, and of the new one's. */
export interface Comparison {
  readonly sequence: number;
  readonly earlier: string;
  readonly newer: string;
}

export type InstanceState = 'held' | 'retained' | 'reclaimed';

export interface InstanceRow extends NewInstance {
  readonly sequence: number;
  readonly state: InstanceState;
  readonly claims: readonly {
    readonly workflow: string;
    readonly workflowId: string;
    readonly state: 'open' | 'held' | 'retained' | 'released';
  }[];
}

/** What intake decided for one unrouted instance. No claims: it is reclaimed at once, and `why` says why. */
export interface Routing {
  readonly sequence: number;
  readonly claims: readonly { readonly workflow: string; readonly key: string; readonly workflowId: string; readonly definition: string }[];
  readonly why: string;
  /** No claims, and not because nobody wants it: a rule could not be evaluated. It is retained (7 days), with an event, not reclaimed. */
  readonly undecided: boolean;
}

export type WakeReason = 'new-group' | 'instances' | 'association-release' | 'run-vanished';

export interface WakeUp {
  readonly id: number;
  readonly group: number;
  readonly reason: WakeReason;
  readonly workflow: string;
  readonly workflowId: string;
  readonly calledAeTitle: string;
  readonly key: string;
  readonly definition: string;
  readonly createdAt: number;
  readonly attempts: number;
}

export type GroupState = 'collecting' | 'closed' | 'settled';

export interface GroupRow {
  readonly id: number;
  readonly workflow: string;
  readonly workflowId: string;
  readonly calledAeTitle: string;
  readonly key: string;
  readonly state: GroupState;
  /** The run that took it; null until one has. */
  readonly runId: string | null;
  readonly definition: string;
  readonly openedAt: number;
}

export interface GroupObservation {
  readonly now: number;
  readonly totals: GroupTotals;
  /** How far `totals` counts, in the order of routing: what `closeGroup` and the next `observeGroup` are given. Not an instance's sequence. */
  readonly seen: number;
  readonly fresh: readonly InstanceFacts[];
  readonly openAssociations: number;
}

export interface AssociationRecord {
  readonly id: string;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly peer: string;
  readonly openedAt: number;
  readonly acceptedContexts: number;
  /** Results of PS3.8 Table 9-18. The first 128 are kept: a peer cannot propose more (PS3.8 §9.3.2.2). */
  readonly refusedContexts: readonly RefusedContext[];
  /** Of the peer (PS3.7 §D.3.3.2); empty where it named none. */
  readonly implementation: { readonly classUid: string; readonly versionName: string };
  /** TLS, with the common name of the peer's verified certificate; null: plain. */
  readonly tls: { readonly subject: string | null } | null;
}

export interface RefusedContext {
  readonly abstractSyntaxUid: string;
  readonly result: number;
}

export type AssociationEnding = 'released' | 'aborted' | 'lost' | 'timeout';

export interface AssociationEnd {
  readonly closedAt: number;
  readonly how: AssociationEnding;
  readonly stored: number;
  readonly failed: number;
  /** C-STORE responses by status. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly sizeBytes: number;
  readonly why: string | null;
}

/** Rejected associations that are alike. */
export interface AssociationRejections {
  /** Of the newest of them. */
  readonly at: number;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly peer: string;
  /** Result, source and reason of PS3.8 Table 9-21, such as "2/3/2". */
  readonly code: string;
  readonly why: string;
  readonly times: number;
}

/** An association; or those that were rejected within one hour with the same code and names, told together. */
export interface AssociationRow extends AssociationRecord {
  /** Empty for rejected ones. */
  readonly id: string;
  /** Rejected ones: of the newest of the hour, as `openedAt` is of the first. null: still open. */
  readonly closedAt: number | null;
  readonly how: AssociationEnding | 'open' | 'rejected';
  /** Associations that the row stands for: 1, but for rejected ones. */
  readonly times: number;
  /** Until the end is recorded, what the ledger holds of it. */
  readonly stored: number;
  readonly failed: number;
  readonly sizeBytes: number;
  /** By status in upper-case hex, such as "A700". */
  readonly statuses: Readonly<Record<string, number>>;
  /** Begins with the code where it was rejected. */
  readonly why: string | null;
}

export interface AssociationFilter {
  readonly how?: AssociationRow['how'];
  readonly callingAeTitle?: string;
  readonly calledAeTitle?: string;
  readonly peer?: string;
  /** Open at this time, or begun after it. */
  readonly since?: number;
  readonly limit?: number;
}

export interface LedgerEvent {
  readonly at: number;
  readonly what: string;
  readonly why: string;
}

export interface InstanceFilter {
  readonly state?: InstanceState;
  readonly studyInstanceUid?: string;
  readonly calledAeTitle?: string;
  readonly workflowId?: string;
  readonly limit?: number;
}

/** The durable record of every instance and who holds it. Each method is one transaction, committed (synced) when its promise resolves; concurrent calls share commits. */
export interface Ledger {
  /** Promise 1: resolve means durable. */
  record(instance: NewInstance, options: { readonly overwriteSameInstance: boolean; readonly comparison?: Comparison }): Promise<Recording>;
  associationOpened(association: AssociationRecord): Promise<void>;
  /** Makes wake-ups for collecting groups that asked to be woken at a release. */
  associationClosed(id: string, end: AssociationEnd): Promise<void>;
  /** Adds to the hour's counts. Bounded: of an hour at most 256 combinations of names and code are kept apart; what comes beyond is counted by code alone, its names empty. */
  associationsRejected(rejections: readonly AssociationRejections[]): Promise<void>;
  /** Newest first. */
  associations(filter: AssociationFilter): Promise<readonly AssociationRow[]>;
  /** Deletes the oldest associations that ended before a time, and rejections of the hours before it, at most `limit` of each; answers how many. */
  forgetAssociations(before: number, limit: number): Promise<number>;

  /** Recorded and not yet routed, oldest first. */
  unrouted(limit: number): Promise<readonly InstanceRow[]>;
  /** Claims, groups and wake-ups in one transaction; instances wanted by nobody become reclaimable, with an event. */
  route(routings: readonly Routing[]): Promise<{ readonly wakeUps: number }>;

  /** Not yet accepted by Temporal, in order per group; not before their next attempt is due. */
  dueWakeUps(now: number, limit: number): Promise<readonly WakeUp[]>;
  wakeUpSent(id: number): Promise<void>;
  wakeUpFailed(id: number, error: string, nextAttemptAt: number): Promise<void>;
  /** Adds a wake-up for a group, unless one is already waiting. */
  wake(group: number, reason: WakeReason): Promise<void>;

  saveDefinition(hash: string, workflow: string, json: string): Promise<void>;
  definition(hash: string): Promise<string | null>;

  /** Collecting and closed groups, oldest first. */
  openGroups(): Promise<readonly GroupRow[]>;
  group(id: number): Promise<GroupRow | null>;
  /** Notes the run that collects it. `closed` where it was closed by another run, or is settled. */
  takeGroup(id: number, runId: string): Promise<'taken' | 'closed'>;
  observeGroup(id: number, seen: number): Promise<GroupObservation>;
  wakeGroupOn(id: number, on: { readonly instances: number | null; readonly associationRelease: boolean }): Promise<void>;
  /** Closes the group if `seen` is still its newest instance: false where one came meanwhile. Closing again by the same run is true. */
  closeGroup(id: number, runId: string, seen: number): Promise<boolean>;
  /** Ends the group's claims: released now, or retained until a time. Idempotent; the first word stands. */
  settleGroup(
    id: number,
    retainUntil: number | null,
    why: string,
  ): Promise<{ readonly released: number; readonly retained: number; readonly retainedUntil: number | null }>;

  groupSet(id: number): Promise<InstanceSet>;
  /** `path` is relative to the storage root. */
  files(set: string): Promise<readonly InstanceFile[]>;
  addArtifacts(group: number, files: readonly InstanceFile[]): Promise<InstanceSet>;

  journal(key: string): Promise<ReadonlyMap<string, unknown>>;
  journalWrite(key: string, entries: Readonly<Record<string, unknown>>): Promise<void>;

  event(subject: { readonly sequence?: number; readonly group?: number; readonly uid?: string }, what: string, why: string): Promise<void>;

  /** Ends retentions that are over. */
  expireRetained(now: number): Promise<number>;
  /** Files (instances and artifacts) that nothing holds any more and that are not yet marked deleted. */
  reclaimable(limit: number): Promise<readonly { readonly kind: 'instance' | 'artifact'; readonly id: number; readonly path: string }[]>;
  reclaimed(files: readonly { readonly kind: 'instance' | 'artifact'; readonly id: number }[]): Promise<void>;
  /** Every path that the ledger believes to be on disk, and those it knows to be lost, for the sweep. */
  knownPaths(): Promise<ReadonlySet<string>>;
  /** A file that is gone: marks the row and leaves an event where something holds it; where nothing does, it is as good as reclaimed. Safe to call again. */
  lost(path: string): Promise<void>;

  instances(filter: InstanceFilter): Promise<readonly InstanceRow[]>;
  /** The story of a SOP Instance, Series or Study UID, oldest first. */
  explain(uid: string): Promise<readonly LedgerEvent[]>;
  counts(): Promise<{
    readonly held: number;
    readonly retained: number;
    readonly unrouted: number;
    readonly wakeUps: number;
    readonly collecting: number;
  }>;
  close(): Promise<void>;
}
