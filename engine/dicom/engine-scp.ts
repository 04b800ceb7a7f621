import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { withWindow } from './associate-accept.ts';
import type { Association } from './dimse.ts';
import { EngineNetwork } from './engine-network.ts';
import { abortReason } from './pdu.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import type { Rejection } from './receiver-contract.ts';

/** The library as association acceptor: it reads A-ASSOCIATE-RQ and writes the answers, and never sees a socket. */
export class EngineScp extends EngineNetwork {
  readonly #written: Buffer[];

  constructor() {
    const written: Buffer[] = [];
    super({ write: (pdu: Buffer) => written.push(pdu) } as unknown as Socket);
    this.#written = written;
  }

  /** Reads an A-ASSOCIATE-RQ. Throws ProtocolViolation where the library cannot, or where context ids are even or repeated. */
  readAssociateRequest(pdu: Buffer): Association {
    const { name, payload } = this.read(pdu);
    if (name === 'associationRequested') return payload as Association;
    const why = payload instanceof Error ? payload.message : 'cannot be read';
    throw new ProtocolViolation(abortReason.invalidParameterValue, `A-ASSOCIATE-RQ: ${why}`);
  }

  /**
   * A-ASSOCIATE-AC with the results that were set on the association's contexts. The association's one field for the maximum PDU length is
   * the peer's until here and ours in the answer; the library would answer the smaller of the two.
   */
  accept(association: Association, maxPduLength: number, answersWindow: boolean): Buffer {
    association.setMaxPduLength(maxPduLength);
    this.sendAssociationAccept();
    return answersWindow ? withWindow(this.#take()) : this.#take();
  }

  reject({ result, source, reason }: Rejection): Buffer {
    this.sendAssociationReject(result, source, reason);
    return this.#take();
  }

  releaseResponse(): Buffer {
    this.sendAssociationReleaseResponse();
    return this.#take();
  }

  #take(): Buffer {
    const pdu = this.#written.pop();
    // The library keeps to itself what fails when it writes.
    if (pdu === undefined) throw new Error('an answer could not be written');
    return pdu;
  }
}
