import type { Buffer } from 'node:buffer';
import { type Association, Scp } from './dimse.ts';

export type AssociationAnswer =
  | { readonly kind: 'accepted'; readonly association: Association }
  | { readonly kind: 'rejected'; readonly result: number; readonly source: number; readonly reason: number };

interface LibraryEvent {
  readonly name: string | symbol;
  readonly payload: unknown;
}

/**
 * The library as association requestor: it writes A-ASSOCIATE-RQ and A-RELEASE-RQ and reads the answers, and never sees the socket's bytes.
 * Its `Network`, which is all of that, is not exported; `Scp` is a `Network` with handlers for requests, which a requestor gets none of.
 * Its `Client` is no base for it: it proposes contexts of its own beside ours (Client.js `send`), transcodes where they don't match
 * (Network.js `_sendDimse`), parses each response together with all before it, and queues whole datasets in memory.
 */
export class EngineScu extends Scp {
  #event: LibraryEvent = { name: '', payload: undefined };

  /** The library's constructor calls this to listen on the socket and to start its timers: nothing of that is wanted. */
  override _wrapSocket(): void {}

  /** The library's emitter calls listeners in a later turn, and makes unhandled rejections of what they throw. */
  override emit(name: string | symbol, ...payload: unknown[]): boolean {
    this.#event = { name, payload: payload[0] };
    return true;
  }

  /**
   * Reads an A-ASSOCIATE-AC or -RJ into the association that was proposed, whose maximum PDU length is the peer's from there on.
   * Throws Error where the library cannot read it.
   */
  readAnswer(pdu: Buffer): AssociationAnswer {
    this.#event = { name: '', payload: undefined };
    // Reads and emits before its first await; its promise says nothing and never rejects.
    void this._processPdu(pdu);
    const { name, payload } = this.#event;
    if (name === 'associationAccepted') return { kind: 'accepted', association: payload as Association };
    if (name === 'associationRejected') return { kind: 'rejected', ...(payload as { result: number; source: number; reason: number }) };
    throw payload instanceof Error ? payload : new Error('the answer cannot be read');
  }
}
