import type { Buffer } from 'node:buffer';

/** A peer that proposes an association, as A-ASSOCIATE-RQ names it (AE titles trimmed, PS3.8 §9.3.2). */
export interface AssociationProposal {
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  /** Remote address, no port. */
  readonly peer: string;
  /** Whether any proposed presentation context is one for storage. */
  readonly storage: boolean;
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
  /** False: wait for `drained` (the receiver pauses the socket). The buffer is the sink's. */
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
  /** Of the datasets stored. */
  readonly sizeBytes: number;
  readonly why: string | null;
}

/** What the receiver asks of the engine. Synchronous answers where the peer waits for nothing else. */
export interface ReceiverPolicy {
  /** null accepts. */
  admit(proposal: AssociationProposal): Rejection | null | Promise<Rejection | null>;
  /** Whether storage of this SOP class is accepted for the called AE title (presentation context result 3 otherwise). */
  acceptsSopClass(calledAeTitle: string, sopClassUid: string): boolean;
  /** Before A-ASSOCIATE-AC is sent; rejecting rejects the association as transient. Every association opened is closed, once; a rejected one is neither. */
  opened(association: AssociationInfo): void | Promise<void>;
  /** A status refuses the instance: its data is read and dropped. */
  instance(incoming: IncomingInstance): InstanceSink | StoreStatus;
  closed(association: AssociationInfo, summary: AssociationSummary): void | Promise<void>;
}
