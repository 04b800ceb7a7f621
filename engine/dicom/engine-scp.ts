import type { Buffer } from 'node:buffer';
import { type Association, Scp } from './dimse.ts';
import { abortReason } from './pdu.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import type { Rejection } from './receiver-contract.ts';

interface LibraryEvent {
  readonly name: string | symbol;
  readonly payload: unknown;
}

/**
 * The library as association acceptor: it reads A-ASSOCIATE-RQ and writes the answers, and never sees the socket's bytes. Its own
 * reading has no limit of PDU length, copies quadratically, mixes up pipelined messages and never destroys a socket (Network.js
 * `_wrapSocket`, `PduAccumulator`, `_processPDataTf`), so data is framed and assembled by us.
 */
export class EngineScp extends Scp {
  #event: LibraryEvent = { name: '', payload: undefined };

  /** The library's constructor calls this to listen on the socket and to start its timers: nothing of that is wanted. */
  override _wrapSocket(): void {}

  /** What the library would tell its listeners. Its emitter makes unhandled rejections, which end the process, of what they throw. */
  override emit(name: string | symbol, ...payload: unknown[]): boolean {
    this.#event = { name, payload: payload[0] };
    return true;
  }

  /** Reads an A-ASSOCIATE-RQ. Throws ProtocolViolation where the library cannot, or where context ids are even or repeated. */
  readAssociateRequest(pdu: Buffer): Association {
    // Reads and emits before its first await; its promise says nothing and never rejects.
    void this._processPdu(pdu);
    const { name, payload } = this.#event;
    if (name === 'associationRequested') return payload as Association;
    const why = payload instanceof Error ? payload.message : 'cannot be read';
    throw new ProtocolViolation(abortReason.invalidParameterValue, `A-ASSOCIATE-RQ: ${why}`);
  }

  /**
   * Sends A-ASSOCIATE-AC with the results that were set on the association's contexts. Its one field for the maximum PDU length is the
   * peer's until here and ours in the answer; the library would answer the smaller of the two.
   */
  accept(association: Association, maxPduLength: number): void {
    association.setMaxPduLength(maxPduLength);
    // Left out of the answer, which means one operation at a time (PS3.7 §D.3.3.3).
    association.setMaxAsyncOpsInvoked(1);
    association.setMaxAsyncOpsPerformed(1);
    association.setNegotiateAsyncOps(false);
    this.sendAssociationAccept();
  }

  reject({ result, source, reason }: Rejection): void {
    this.sendAssociationReject(result, source, reason);
  }
}
