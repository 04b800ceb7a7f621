import type { AbortReason } from './pdu.ts';

/** The peer broke the protocol: the association is aborted for this reason, and nothing further of it is processed. */
export class ProtocolViolation extends Error {
  readonly reason: AbortReason;

  constructor(reason: AbortReason, why: string) {
    super(why);
    this.name = 'ProtocolViolation';
    this.reason = reason;
  }
}
