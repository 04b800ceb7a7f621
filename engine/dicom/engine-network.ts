import type { Buffer } from 'node:buffer';
import { Scp } from './dimse.ts';

export interface LibraryEvent {
  readonly name: string | symbol;
  readonly payload: unknown;
}

/**
 * The library reduced to what it is good for here: reading and writing the PDUs that open and close associations. Its `Network`, which does
 * that, is not exported; `Scp` is a `Network` with handlers for requests. Data is framed and assembled by us: the library's own reading has
 * no limit of PDU length, copies quadratically, mixes up pipelined messages and never destroys a socket (Network.js `_wrapSocket`,
 * `PduAccumulator`, `_processPDataTf`).
 */
export class EngineNetwork extends Scp {
  #event: LibraryEvent = { name: '', payload: undefined };

  /** The library's constructor calls this to listen on the socket and to start its timers: nothing of that is wanted. */
  override _wrapSocket(): void {}

  /** What the library would tell its listeners: in a later turn, and with an unhandled rejection, which ends the process, of what they throw. */
  override emit(name: string | symbol, ...payload: unknown[]): boolean {
    this.#event = { name, payload: payload[0] };
    return true;
  }

  /** What the library has to say of a PDU. */
  protected read(pdu: Buffer): LibraryEvent {
    this.#event = { name: '', payload: undefined };
    // Reads and emits before its first await; its promise says nothing and never rejects.
    void this._processPdu(pdu);
    return this.#event;
  }
}
