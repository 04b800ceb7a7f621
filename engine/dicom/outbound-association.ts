import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { GantryError } from '../errors/index.ts';
import { rejectedAssociation } from './association-rejection.ts';
import { connectPeer, isTlsFailure } from './connect-peer.ts';
import { type ContextAnswer, type ContextProposal, contextAnswers, contextKey, proposedAssociation } from './context-proposal.ts';
import type { DimseRequest } from './dimse-request.ts';
import { type DimseResponse, parseResponse } from './dimse-response.ts';
import { EngineScu } from './engine-scu.ts';
import { type AbortReason, abortPdu, abortReason, commandPdus, pduType } from './pdu.ts';
import { type Fragment, type FrameEvent, PduFramer } from './pdu-framer.ts';
import type { Peer } from './sender-contract.ts';
import { readTlsCredentials, type TlsCredentials } from './tls-credentials.ts';

/** What we announce. Responses have a few hundred bytes; more is not to be had of a peer. */
const ourMaxPduLength = 16_384;
const maxAssociateLength = 1_048_576;
const maxResponseLength = 65_536;
/** Below it there is hardly room for a header in a PDU; dcmtk's lowest is 4,096. */
const leastMaxPduLength = 128;
const releaseTimeoutMs = 5_000;
/** From our last word to destroying a connection that the peer does not let us close. */
const closeGraceMs = 500;

export interface OutboundOptions {
  readonly peer: Peer;
  readonly callingAeTitle: string;
  readonly contexts: readonly ContextProposal[];
  /** To connect and to have the association accepted. */
  readonly connectTimeoutMs: number;
  /** For a response, counted from the last bytes that the peer took. */
  readonly responseTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** How an association ended before its work was done. */
export class AssociationEnded extends Error {
  readonly how: 'lost' | 'timeout' | 'cancelled' | 'released';

  constructor(how: AssociationEnded['how'], message: string, cause?: unknown) {
    super(message, { cause });
    this.how = how;
  }
}

interface Exchange {
  readonly contextId: number;
  readonly request: DimseRequest;
  readonly parts: Buffer[];
  length: number;
  readonly response: PromiseWithResolvers<DimseResponse>;
  answered: boolean;
}

/** What the peer did wrong, and how A-ABORT calls it (PS3.8 Table 9-26). */
interface Fault {
  readonly why: string;
  readonly reason: AbortReason;
}

type Phase = 'connecting' | 'proposed' | 'established' | 'releasing';

/**
 * One association that we request: the requestor's part of PS3.8 §9.2. One message at a time. Whatever the peer does ends the
 * association and nothing else: `exchange` rejects with `AssociationEnded`, and what was open is the caller's to account for.
 */
export class OutboundAssociation {
  /** Resolves once the connection is closed. */
  readonly closed: Promise<void>;
  readonly #options: OutboundOptions;
  readonly #socket: Socket;
  readonly #scu: EngineScu;
  readonly #framer = new PduFramer({ maxPduLength: ourMaxPduLength, maxAssociateLength });
  readonly #opened = Promise.withResolvers<void>();
  readonly #cancel = (): void => this.#abort(new AssociationEnded('cancelled', 'cancelled'));
  #contexts: ReadonlyMap<string, ContextAnswer> = new Map();
  #maxPduLength = 0;
  #phase: Phase = 'connecting';
  #exchange: Exchange | null = null;
  #ended: AssociationEnded | null = null;
  #timer: NodeJS.Timeout | undefined;
  #grace: NodeJS.Timeout | undefined;

  /**
   * Connects and has an association accepted.
   * Throws GY330 (unreachable), GY331 (rejected as transient), GY332 (rejected as permanent), GY333 (no such answer), GY335 (cancelled),
   * GY337 (no TLS), GY304 to GY306 (our files for it).
   */
  static async open(options: OutboundOptions): Promise<OutboundAssociation> {
    const { tls } = options.peer;
    const credentials = tls === undefined ? null : await readTlsCredentials(tls);
    if (options.signal?.aborted === true) throw new GantryError('GY335', 'cancelled before connecting');
    const association = new OutboundAssociation(options, credentials);
    try {
      await association.#opened.promise;
      return association;
    } catch (error) {
      await association.closed;
      throw error;
    }
  }

  private constructor(options: OutboundOptions, credentials: TlsCredentials | null) {
    this.#options = options;
    this.#socket = connectPeer(options.peer, credentials, () => this.#propose());
    this.#scu = new EngineScu(this.#socket);
    this.#socket.on('data', (bytes) => this.#onData(bytes));
    this.#socket.on('error', (error) => this.#over(new AssociationEnded('lost', connectionFailure(error), error)));
    this.#socket.on('end', () => this.#over(new AssociationEnded('lost', 'the peer closed the connection')));
    this.closed = new Promise((resolve) => this.#socket.on('close', () => resolve(this.#onClose())));
    options.signal?.addEventListener('abort', this.#cancel, { once: true });
    this.#arm(options.connectTimeoutMs);
  }

  /** The peer's answer to a context that was proposed. */
  answerTo(proposal: ContextProposal): ContextAnswer {
    return this.#contexts.get(contextKey(proposal)) ?? { refused: 'its presentation context was not proposed' };
  }

  /** The peer's maximum PDU length; 0 is none. */
  get maxPduLength(): number {
    return this.#maxPduLength;
  }

  /**
   * Sends a request, its dataset if it has one, and waits for the response. Blocks of the dataset are taken as the peer takes them.
   * Throws `AssociationEnded`; what the dataset's iterator throws ends the association, since a message cannot be left unfinished.
   */
  async exchange(contextId: number, request: DimseRequest, dataset: AsyncIterable<readonly Buffer[]> | null): Promise<DimseResponse> {
    const exchange: Exchange = { contextId, request, parts: [], length: 0, response: Promise.withResolvers(), answered: false };
    exchange.response.promise.catch(() => undefined);
    this.#exchange = exchange;
    this.#arm(this.#options.responseTimeoutMs);
    try {
      await this.#write([commandPdus(contextId, request.commandSet, this.#maxPduLength)]);
      if (dataset !== null) for await (const block of dataset) await this.#write(block);
      return await exchange.response.promise;
    } catch (error) {
      this.#abort(new AssociationEnded('lost', 'a message could not be finished', error));
      throw error;
    } finally {
      this.#disarm();
      this.#exchange = null;
    }
  }

  /** Ends it in good order, if it has not ended; resolves once it is closed. Never rejects. */
  async release(): Promise<void> {
    if (this.#ended === null) {
      this.#phase = 'releasing';
      this.#scu.sendAssociationReleaseRequest();
      this.#arm(releaseTimeoutMs);
    }
    await this.closed;
  }

  #propose(): void {
    const { callingAeTitle, peer, contexts } = this.#options;
    const association = proposedAssociation(callingAeTitle, peer.aeTitle, contexts);
    association.setMaxPduLength(ourMaxPduLength);
    this.#phase = 'proposed';
    this.#scu.sendAssociationRequest(association);
  }

  #onData(bytes: Buffer): void {
    if (this.#ended !== null) return;
    this.#framer.push(bytes);
    for (let event = this.#next(); event !== null; event = this.#next()) {
      const fault = this.#take(event);
      if (fault === null) continue;
      this.#abort(new AssociationEnded('lost', `the peer broke the protocol: ${fault.why}`), 'service-provider', fault.reason);
    }
  }

  #next(): FrameEvent | null {
    return this.#ended === null ? this.#framer.next() : null;
  }

  #take(event: FrameEvent): Fault | null {
    if (event.kind === 'violation') return event;
    return event.kind === 'control' ? this.#takeControl(event.type, event.pdu) : this.#takeFragment(event);
  }

  #takeControl(type: number, pdu: Buffer): Fault | null {
    if (type === pduType.associateAccept && this.#phase === 'proposed') return this.#takeAnswer(pdu);
    if (type === pduType.associateReject && this.#phase === 'proposed') return this.#takeAnswer(pdu);
    if (type === pduType.abort) {
      const by = pdu[8] === 2 ? `provider, reason ${pdu[9] ?? 0}` : 'user';
      this.#over(new AssociationEnded('lost', `the peer aborted the association (service-${by})`));
      return null;
    }
    if (type === pduType.releaseResponse && this.#phase === 'releasing') {
      this.#over(new AssociationEnded('released', 'released'));
      return null;
    }
    if (type === pduType.releaseRequest && (this.#phase === 'established' || this.#phase === 'releasing')) {
      this.#scu.sendAssociationReleaseResponse();
      this.#over(new AssociationEnded('lost', 'the peer released the association'));
      return null;
    }
    return { why: `it sent a PDU of type ${type} out of turn`, reason: abortReason.unexpectedPdu };
  }

  #takeAnswer(pdu: Buffer): Fault | null {
    try {
      const answer = this.#scu.readAnswer(pdu);
      if (answer.kind === 'rejected') {
        this.#opened.reject(rejectedAssociation(answer.result, answer.source, answer.reason));
        this.#over(new AssociationEnded('lost', 'rejected'));
        return null;
      }
      this.#maxPduLength = answer.association.getMaxPduLength();
      this.#contexts = contextAnswers(answer.association, this.#options.contexts);
    } catch {
      return { why: 'its answer to the association cannot be read', reason: abortReason.invalidParameterValue };
    }
    if (this.#maxPduLength !== 0 && this.#maxPduLength < leastMaxPduLength) {
      return { why: `its maximum PDU length of ${this.#maxPduLength} leaves no room`, reason: abortReason.invalidParameterValue };
    }
    this.#disarm();
    this.#phase = 'established';
    this.#opened.resolve();
    return null;
  }

  #takeFragment({ contextId, command, last, data }: Fragment): Fault | null {
    const exchange = this.#exchange;
    if (exchange === null || exchange.answered) return { why: 'it sent data that nothing asked for', reason: abortReason.unexpectedPdu };
    exchange.length += data.length;
    if (!command || contextId !== exchange.contextId || exchange.length > maxResponseLength) {
      return { why: 'its response does not fit the request', reason: abortReason.invalidParameterValue };
    }
    if (data.length > 0) exchange.parts.push(data);
    if (!last) return null;
    try {
      exchange.response.resolve(parseResponse(Buffer.concat(exchange.parts), exchange.request));
      exchange.answered = true;
      return null;
    } catch (error) {
      return { why: error instanceof Error ? error.message : 'its response cannot be read', reason: abortReason.unexpectedParameter };
    }
  }

  async #write(buffers: readonly Buffer[]): Promise<void> {
    if (this.#ended !== null) throw this.#ended;
    this.#socket.cork();
    for (const buffer of buffers) this.#socket.write(buffer);
    this.#socket.uncork();
    if (this.#socket.writableNeedDrain) await this.#drained();
    if (this.#ended !== null) throw this.#ended;
    this.#timer?.refresh();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  #arm(timeoutMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#abort(new AssociationEnded('timeout', `the peer did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #abort(
    end: AssociationEnded,
    source: 'service-user' | 'service-provider' = 'service-user',
    reason: AbortReason = abortReason.notSpecified,
  ): void {
    if (this.#ended === null && this.#phase !== 'connecting') this.#socket.write(abortPdu(source, reason));
    this.#over(end);
  }

  /** The first reason counts; the rest is closing. */
  #over(end: AssociationEnded): void {
    if (this.#ended !== null) return;
    this.#ended = end;
    this.#disarm();
    this.#opened.reject(this.#notOpened(end));
    this.#exchange?.response.reject(end);
    if (this.#phase === 'connecting') this.#socket.destroy();
    else this.#socket.destroySoon();
    this.#grace = setTimeout(() => this.#socket.destroy(), closeGraceMs);
  }

  #onClose(): void {
    this.#over(new AssociationEnded('lost', 'the connection was closed'));
    clearTimeout(this.#grace);
    this.#options.signal?.removeEventListener('abort', this.#cancel);
  }

  #notOpened(end: AssociationEnded): GantryError {
    const { host, port } = this.#options.peer;
    if (end.how === 'cancelled') return new GantryError('GY335', 'cancelled before the association was accepted');
    if (isTlsFailure(end.cause)) return new GantryError('GY337', `no TLS with ${host}:${port}: ${end.message}`, { cause: end });
    if (this.#phase !== 'connecting')
      return new GantryError('GY333', `no association with ${host}:${port}: ${end.message}`, { cause: end });
    return new GantryError('GY330', `${host}:${port} cannot be reached: ${end.message}`, { cause: end });
  }
}

function connectionFailure(error: Error): string {
  const code = 'code' in error ? String(error.code) : 'unknown error';
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection was refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name has no address';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no route to it';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the peer closed the connection';
    default:
      return `the connection failed (${code})`;
  }
}
