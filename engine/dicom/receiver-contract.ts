import type { Buffer } from 'node:buffer';

/** A peer that proposes an association, as A-ASSOCIATE-RQ names it (AE titles trimmed, PS3.8 §9.3.2). */
export interface AssociationProposal {
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  /** Remote address, no port. */
  readonly peer: string;
  /** Whether any proposed presentation context is one for storage. */
  readonly storage: boolean;
  /** TLS protects the connection; `subject` is the common name of the peer's verified certificate. null: plain. */
  readonly tls: { readonly subject: string | null } | null;
}

/** What holds for an association that may be: decided once, when it is proposed. */
export interface AssociationTerms {
  /** Associations at once that share a name, such as a called AE title or a peer's address: the receiver counts them, and rejects above as 2/3/2. */
  readonly limits: readonly { readonly name: string; readonly most: number }[];
  /** C-ECHO is served. */
  readonly verification: boolean;
  /** A longer dataset is refused with A700, its data read and dropped. null: any length. */
  readonly largestInstanceBytes: number | null;
  /** Whether storage of this SOP class is accepted; presentation context result 3 otherwise. */
  acceptsSopClass(sopClassUid: string): boolean;
  /** Whether datasets are taken in it; presentation context result 4 where none of a context's is. */
  acceptsTransferSyntax(transferSyntaxUid: string): boolean;
}

/** A presentation context that was not accepted: results of PS3.8 Table 9-18. */
export interface RefusedContext {
  readonly abstractSyntaxUid: string;
  readonly result: 1 | 2 | 3 | 4;
}

/** A-ASSOCIATE-RJ, PS3.8 Table 9-21. */
export interface Rejection {
  readonly result: 1 | 2;
  readonly source: 1 | 2 | 3;
  readonly reason: number;
  readonly why: string;
}

export interface AssociationInfo extends AssociationProposal {
  readonly id: string;
  readonly openedAt: number;
  /** Implementation Class UID and Version Name of the peer (PS3.7 §D.3.3.2); empty where it names none. */
  readonly implementation: { readonly classUid: string; readonly versionName: string };
  readonly acceptedContexts: number;
  readonly refusedContexts: readonly RefusedContext[];
}

/** What is known when a C-STORE-RQ's dataset begins. */
export interface IncomingInstance {
  readonly association: AssociationInfo;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
}

/** C-STORE status with Error Comment (0000,0902), at most 64 characters. */
export interface StoreStatus {
  readonly status: number;
  readonly comment: string | null;
}

/** Takes one dataset's bytes as they arrive. */
export interface InstanceSink {
  /** False: wait for `drained` (the receiver pauses the socket). The bytes are valid during the call: what is kept must be copied. */
  write(chunk: Buffer): boolean;
  drained(): Promise<void>;
  /** All bytes are there. Success only once the instance is owned: synced and recorded. Never rejects. */
  finish(): Promise<StoreStatus>;
  /** The peer is gone or misbehaved: drop it. */
  discard(): Promise<void>;
}

/** How an accepted association ended: by the peer's release, by an A-ABORT of either side, without a word, or by our timers. */
export interface AssociationSummary {
  readonly how: 'released' | 'aborted' | 'lost' | 'timeout';
  /** Instances answered with success or a warning, and with a failure. */
  readonly stored: number;
  readonly failed: number;
  /** C-STORE responses by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Of the datasets stored. */
  readonly sizeBytes: number;
  readonly why: string | null;
}

/** What the receiver asks of the engine. Synchronous answers where the peer waits for nothing else. */
export interface ReceiverPolicy {
  /** Rejects, or says what holds. */
  admit(proposal: AssociationProposal): Rejection | AssociationTerms | Promise<Rejection | AssociationTerms>;
  /** Told of every rejection, whoever decided it: the policy, or the receiver for a limit or a request that it cannot serve. */
  rejected?(proposal: Pick<AssociationProposal, 'callingAeTitle' | 'calledAeTitle' | 'peer'>, rejection: Rejection): void;
  /** Before A-ASSOCIATE-AC is sent; rejecting rejects the association as transient. Every association opened is closed, once; a rejected one is neither. */
  opened(association: AssociationInfo): void | Promise<void>;
  /** A status refuses the instance: its data is read and dropped. */
  instance(incoming: IncomingInstance): InstanceSink | StoreStatus;
  closed(association: AssociationInfo, summary: AssociationSummary): void | Promise<void>;
}
