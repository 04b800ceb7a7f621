import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Log } from '../log/index.ts';
import type { Place } from './association-places.ts';
import { EngineScp } from './engine-scp.ts';
import { MessageService } from './message-service.ts';
import { type NegotiationHost, negotiate, type Proposer, temporaryCongestion } from './negotiation.ts';
import { type AbortReason, abortPdu, abortReason, pduType } from './pdu.ts';
import { type FrameEvent, PduFramer } from './pdu-framer.ts';
import { PeerConnection } from './peer-connection.ts';
import { PeerPace } from './peer-pace.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import type { AssociationInfo, AssociationSummary, Rejection } from './receiver-contract.ts';
import { Watchdog } from './watchdog.ts';

export interface ReceiverTimers {
  /** From connection to a whole A-ASSOCIATE-RQ. */
  readonly associateRequestMs: number;
  /** For a kilobyte more of a message or PDU that has begun, and for reading our responses. */
  readonly progressMs: number;
  /** For a whole message. Time that the engine takes does not count, nor does it above. */
  readonly messageMs: number;
  /** Between messages. */
  readonly idleMs: number;
  /** ARTIM (PS3.8 §9.1.5): from our last word to destroying a connection that the peer does not close. */
  readonly artimMs: number;
}

/** What an association needs of the receiver it belongs to. */
export interface AssociationHost extends NegotiationHost {
  readonly log: Log;
  readonly timers: ReceiverTimers;
}

const maxAssociateLength = 1_048_576;

/** Bytes that are read ahead while a message waits for the engine: a peer that is gone is noticed then, and one that is not waits. */
const maxBufferedBytes = 131_072;

type Phase = 'awaiting' | 'negotiating' | 'established' | 'ending' | 'closed';
type Ending = Pick<AssociationSummary, 'how' | 'why'>;

/**
 * One connection to the receiver, from accept to close: the acceptor's part of PS3.8 §9.2. Bytes are framed and handled in order; while a
 * message waits for the engine, the peer's further bytes stay in the socket.
 */
export class InboundAssociation {
  /** Resolves once the connection is closed and the policy has been told. Never rejects. */
  readonly ended: Promise<void>;
  readonly #connection: PeerConnection;
  readonly #host: AssociationHost;
  readonly #scp = new EngineScp();
  readonly #framer: PduFramer;
  readonly #pace: PeerPace;
  readonly #watchdog = new Watchdog(() => this.#timeout(this.#overdue()));
  readonly #unread = new Watchdog(() => this.#timeout('the peer reads no responses'));
  #phase: Phase = 'awaiting';
  #negotiation: Promise<void> = Promise.resolve();
  #place: Place | null = null;
  /** Set once the policy knows of the association, which it is then owed the end of. */
  #info: AssociationInfo | null = null;
  #service: MessageService | null = null;
  /** A message waits for the engine. */
  #waiting = false;
  /** Milliseconds for which the peer has waited for us. */
  #engineMs = 0;
  #stopping = false;
  #ending: Ending | null = null;

  constructor(socket: Socket, host: AssociationHost) {
    const { maxPduLength, timers } = host;
    this.#connection = new PeerConnection(socket, timers.artimMs);
    this.#host = host;
    this.#framer = new PduFramer({ maxPduLength, maxAssociateLength, expects: (type) => this.#expects(type) });
    this.#pace = new PeerPace(timers);
    socket.on('data', (bytes) => this.#onData(bytes));
    socket.on('error', ({ message }) => {
      this.#ending ??= { how: 'lost', why: message };
    });
    this.ended = new Promise((resolve) => socket.on('close', () => void this.#onClose().then(resolve)));
    this.#watchdog.until(performance.now() + timers.associateRequestMs);
  }

  /** Ends the association as soon as no message is under way. */
  shutDown(): void {
    this.#stopping = true;
    if (this.#phase === 'awaiting') this.#connection.destroy();
    else this.#stopIfIdle();
  }

  /** Ends the association now. */
  terminate(): void {
    this.#abort(abortReason.notSpecified, { how: 'aborted', why: 'the receiver is stopping' });
  }

  /** PS3.8 Table 9-10, rows of the PDUs that a peer may send to an acceptor. */
  #expects(type: number): boolean {
    if (type === pduType.abort) return true;
    if (this.#phase === 'awaiting') return type === pduType.associateRequest;
    return this.#phase === 'established' && (type === pduType.data || type === pduType.releaseRequest);
  }

  #onData(bytes: Buffer): void {
    if (this.#isOver()) return;
    this.#framer.push(bytes);
    if (!this.#waiting) this.#pump();
    if (!this.#waiting) return;
    // The bytes are valid during the event only.
    this.#framer.keep();
    if (this.#framer.bufferedBytes >= maxBufferedBytes) this.#connection.hold();
  }

  /** Takes what has come, until it is used up or a message waits for the engine. */
  #pump(): void {
    try {
      for (let event = this.#next(); event !== null; event = this.#next()) {
        const wait = this.#take(event);
        if (wait === null) continue;
        this.#wait(wait);
        return;
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#connection.resume();
    this.#stopIfIdle();
    this.#watch();
  }

  #wait(wait: Promise<void>): void {
    const since = performance.now();
    const go = (): void => {
      this.#engineMs += performance.now() - since;
      this.#waiting = false;
      this.#pump();
    };
    this.#waiting = true;
    this.#watchdog.rest();
    wait.then(go, (error: unknown) => {
      this.#fail(error);
      go();
    });
  }

  #next(): FrameEvent | null {
    const enough = this.#isOver() || (this.#stopping && this.#service?.insideMessage !== true);
    return enough ? null : this.#framer.next();
  }

  /** A promise: nothing more is taken until it resolves. Throws ProtocolViolation. */
  #take(event: FrameEvent): Promise<void> | null {
    if (event.kind === 'violation') throw new ProtocolViolation(event.reason, event.why);
    if (event.kind === 'control') return this.#takeControl(event.type, event.pdu);
    const service = this.#service as MessageService;
    this.#pace.took(event.data.length);
    const wait = service.take(event);
    if (!service.insideMessage) this.#pace.end();
    return wait;
  }

  #takeControl(type: number, pdu: Buffer): null {
    if (type === pduType.associateRequest) {
      this.#phase = 'negotiating';
      this.#watchdog.rest();
      this.#negotiation = this.#negotiate(pdu).catch((error: unknown) => this.#fail(error));
    } else if (type === pduType.abort) {
      this.#over({ how: 'aborted', why: `by the peer: source ${pdu.readUInt8(8)}, reason ${pdu.readUInt8(9)}` });
      this.#connection.destroy();
    } else if (this.#service?.insideMessage === false) {
      this.#over({ how: 'released', why: null });
      this.#connection.close(this.#scp.releaseResponse());
    } else {
      throw new ProtocolViolation(abortReason.unexpectedPdu, 'A-RELEASE-RQ inside a message');
    }
    return null;
  }

  /** Throws ProtocolViolation. */
  async #negotiate(pdu: Buffer): Promise<void> {
    const { policy } = this.#host;
    const takePlace = (): Place | null => {
      this.#place = this.#host.takePlace();
      return this.#place;
    };
    const negotiated = await negotiate(pdu, this.#connection.identity, this.#scp, { ...this.#host, takePlace });
    if (negotiated.outcome === 'rejected') return this.#reject(negotiated.rejection, negotiated.proposer, negotiated.cause);
    if (this.#isOver()) return;
    const { info, terms, contexts, peerMaxPduLength, accept } = negotiated;
    try {
      await policy.opened(info);
    } catch (error) {
      return this.#reject(temporaryCongestion, info, error);
    }
    this.#info = info;
    if (this.#isOver()) return;
    void this.#connection.write(accept);
    this.#service = new MessageService({
      association: info,
      contexts,
      policy,
      terms,
      maxPduLength: peerMaxPduLength,
      send: (pdus) => this.#send(pdus),
      onFault: (error) => this.#fault(error),
    });
    this.#phase = 'established';
    this.#stopIfIdle();
    this.#watch();
  }

  #reject(rejection: Rejection, proposer: Proposer, cause?: unknown): void {
    if (cause !== undefined) this.#fault(cause);
    this.#place?.giveBack();
    if (!this.#isOver()) {
      this.#over({ how: 'aborted', why: rejection.why });
      this.#connection.close(this.#scp.reject(rejection));
    }
    const { callingAeTitle, calledAeTitle, peer } = proposer;
    try {
      this.#host.policy.rejected?.({ callingAeTitle, calledAeTitle, peer }, rejection);
    } catch (error) {
      this.#fault(error);
    }
  }

  #send(pdus: Buffer): Promise<void> | null {
    const wait = this.#isOver() ? null : this.#connection.write(pdus);
    if (wait === null) return null;
    // A peer that sends requests and reads no responses must not fill our memory with them.
    this.#unread.until(performance.now() + this.#host.timers.progressMs);
    return wait.then(() => this.#unread.rest());
  }

  #fail(error: unknown): void {
    if (error instanceof ProtocolViolation) {
      this.#abort(error.reason, { how: 'aborted', why: error.message });
    } else {
      this.#fault(error);
      this.#abort(abortReason.notSpecified, { how: 'aborted', why: 'internal failure' });
    }
  }

  #timeout(why: string): void {
    this.#abort(abortReason.notSpecified, { how: 'timeout', why });
  }

  #abort(reason: AbortReason, ending: Ending): void {
    if (this.#isOver()) return;
    if (this.#info === null) this.#warn('connection ended before an association', ending.why);
    this.#over(ending);
    this.#connection.close(abortPdu(this.#stopping ? 'service-user' : 'service-provider', reason));
  }

  #over(ending: Ending): void {
    this.#phase = 'ending';
    this.#ending = ending;
    this.#watchdog.stop();
    this.#unread.stop();
    void this.#service?.end();
  }

  async #onClose(): Promise<void> {
    const ending = this.#ending ?? { how: 'lost', why: 'connection closed without release' };
    this.#over(ending);
    this.#phase = 'closed';
    await this.#negotiation;
    await this.#service?.end();
    const counts = this.#service?.counts ?? { stored: 0, failed: 0, statuses: new Map<number, number>(), sizeBytes: 0 };
    try {
      if (this.#info !== null) await this.#host.policy.closed(this.#info, { ...ending, ...counts });
    } catch (error) {
      this.#fault(error);
    }
    this.#place?.giveBack();
  }

  #isOver(): boolean {
    return this.#phase === 'ending' || this.#phase === 'closed';
  }

  #stopIfIdle(): void {
    if (this.#stopping && this.#service?.insideMessage === false && !this.#waiting) this.terminate();
  }

  #isInside(): boolean {
    return this.#framer.insidePdu || this.#service?.insideMessage === true;
  }

  /** Gives the peer its time for what is due next. */
  #watch(): void {
    if (this.#phase !== 'established') return;
    const now = performance.now();
    if (this.#isInside()) {
      this.#watchdog.until(this.#pace.deadline(now - this.#engineMs) + this.#engineMs);
    } else {
      this.#pace.end();
      this.#watchdog.until(now + this.#host.timers.idleMs);
    }
  }

  /** What the peer's time was given for. */
  #overdue(): string {
    const { associateRequestMs, progressMs, messageMs, idleMs } = this.#host.timers;
    if (this.#phase === 'awaiting') return `no association request within ${associateRequestMs} ms`;
    if (!this.#isInside()) return `no message for ${idleMs} ms`;
    return `a message made no progress for ${progressMs} ms, or was not whole within ${messageMs} ms`;
  }

  #warn(message: string, why: string | null): void {
    this.#host.log.warn(message, { peer: this.#connection.identity.peer, why });
  }

  #fault(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#host.log.error('the engine failed a DICOM association', { peer: this.#connection.identity.peer, error: message });
  }
}
