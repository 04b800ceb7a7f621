import type { TlsFiles } from './tls-credentials.ts';

/** A peer to send to. */
export interface Peer {
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
  /** Files are read for each association, so that renewed ones are in force at once. Left out: plain. */
  readonly tls?: PeerTls;
}

export interface PeerTls extends TlsFiles {
  /** The name in its certificate; null: the host. */
  readonly serverName: string | null;
}

/** A Part 10 file to send as it is. */
export interface OutgoingFile {
  readonly path: string;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
}

/** `refused`: by status or negotiation, sending again will not help by itself; `unsent`: the association ended before its response. */
export interface SendResult {
  readonly sopInstanceUid: string;
  readonly outcome: 'stored' | 'warning' | 'refused' | 'unsent';
  readonly status: number | null;
  readonly detail: string | null;
}

export interface SendOptions {
  readonly callingAeTitle: string;
  /** Associations at once, default 1. */
  readonly associations?: number;
  readonly signal?: AbortSignal;
  /** To connect and to get an association accepted, default 10,000. */
  readonly connectTimeoutMs?: number;
  /** For one response, default 60,000. */
  readonly responseTimeoutMs?: number;
  onResult?(result: SendResult): void;
}

/** One result per file, in the files' order. Throws GY3xx only where not a single association was accepted (unreachable, rejected). */
export type SendFiles = (peer: Peer, files: readonly OutgoingFile[], options: SendOptions) => Promise<readonly SendResult[]>;

/** C-ECHO; throws GY3xx with the reason. */
export type Echo = (
  peer: Peer,
  options: Pick<SendOptions, 'callingAeTitle' | 'connectTimeoutMs' | 'responseTimeoutMs' | 'signal'>,
) => Promise<{ readonly milliseconds: number }>;
