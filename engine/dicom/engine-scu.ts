import type { Buffer } from 'node:buffer';
import type { Association } from './dimse.ts';
import { EngineNetwork } from './engine-network.ts';

export type AssociationAnswer =
  | { readonly kind: 'accepted'; readonly association: Association }
  | { readonly kind: 'rejected'; readonly result: number; readonly source: number; readonly reason: number };

/**
 * The library as association requestor: it writes A-ASSOCIATE-RQ and A-RELEASE-RQ to the socket, and reads the answers.
 * Its `Client` is no base for it: it proposes contexts of its own beside ours (Client.js `send`), transcodes where they don't match
 * (Network.js `_sendDimse`), parses each response together with all before it, and queues whole datasets in memory.
 */
export class EngineScu extends EngineNetwork {
  /**
   * Reads an A-ASSOCIATE-AC or -RJ into the association that was proposed, whose maximum PDU length is the peer's from there on.
   * Throws Error where the library cannot read it.
   */
  readAnswer(pdu: Buffer): AssociationAnswer {
    const { name, payload } = this.read(pdu);
    if (name === 'associationAccepted') return { kind: 'accepted', association: payload as Association };
    if (name === 'associationRejected') return { kind: 'rejected', ...(payload as { result: number; source: number; reason: number }) };
    throw payload instanceof Error ? payload : new Error('the answer cannot be read');
  }
}
