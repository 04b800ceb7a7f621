import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { plainAddress } from './plain-address.ts';
import { ReadTurns } from './read-turns.ts';
import type { AssociationProposal } from './receiver-contract.ts';

/** How often a connection that is not read is asked whether it is still there. */
const probeMs = 1_000;
const nothing = Buffer.alloc(0);
/** Of this thread, as its event loop is. */
const turns = new ReadTurns();

/** The edge to one peer's socket: reading held and resumed, writing with its back-pressure, and an end that no peer can put off. */
export class PeerConnection {
  /** Who it is with, as far as the connection tells. */
  readonly identity: Pick<AssociationProposal, 'peer' | 'tls'>;
  readonly #socket: Socket;
  readonly #artimMs: number;
  #probe: NodeJS.Timeout | undefined;
  #isInLine = false;
  #artim: NodeJS.Timeout | undefined;

  /** `artimMs`: ARTIM (PS3.8 §9.1.5), from our last word to destroying a connection that the peer does not close. */
  constructor(socket: Socket, artimMs: number) {
    this.#socket = socket;
    this.#artimMs = artimMs;
    this.identity = { peer: plainAddress(socket.remoteAddress ?? ''), tls: tlsOf(socket) };
    socket.on('data', ({ length }: Buffer) => this.#took(length));
    socket.on('close', () => {
      clearInterval(this.#probe);
      clearTimeout(this.#artim);
    });
  }

  /** A promise: resolves when the peer has room for more, or is gone. null: it has room. */
  write(bytes: Buffer): Promise<void> | null {
    const socket = this.#socket;
    if (!socket.writable || socket.write(bytes)) return null;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  /**
   * Reads nothing until `resume`. The system tells of a peer that is gone only when it is asked, and a connection that is not read is not:
   * writing no bytes asks, and fails where it was reset. Through TLS nothing is written then: there a peer is missed at the next read.
   */
  hold(): void {
    if (this.#probe !== undefined) return;
    this.#socket.pause();
    this.#probe = setInterval(() => {
      if (this.#socket.writable && this.#socket.writableLength === 0) this.#socket.write(nothing);
    }, probeMs);
  }

  resume(): void {
    if (this.#probe === undefined) return;
    clearInterval(this.#probe);
    this.#probe = undefined;
    if (!this.#isInLine) this.#socket.resume();
  }

  /**
   * Our last word, and the end of our side. Bytes that still come are read and dropped, for closing with unread bytes would reset the
   * connection, and the peer could lose that word.
   */
  close(lastWord: Buffer): void {
    if (this.#socket.writable) this.#socket.end(lastWord);
    this.resume();
    this.#artim = setTimeout(() => this.#socket.destroy(), this.#artimMs);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** So many bytes came. Where others are to be read before more of it, it waits for its turn. */
  #took(bytes: number): void {
    if (turns.take(bytes, this.#readAgain)) return;
    this.#isInLine = true;
    this.#socket.pause();
  }

  readonly #readAgain = (): void => {
    this.#isInLine = false;
    if (this.#probe === undefined) this.#socket.resume();
  };
}

/** Who the certificate says the peer is, where it was verified. */
function tlsOf(socket: Socket): AssociationProposal['tls'] {
  if (!(socket instanceof TLSSocket)) return null;
  const name = socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined;
  return { subject: (Array.isArray(name) ? name[0] : name) ?? null };
}
