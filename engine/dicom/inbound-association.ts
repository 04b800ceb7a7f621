import type { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Log } from '../log/index.ts';
import { EngineScp } from './engine-scp.ts';
import { MessageService } from './message-service.ts';
import { type NegotiationHost, negotiate } from './negotiation.ts';
import { type AbortReason, abortPdu, abortReason, pduType } from './pdu.ts';
import { type FrameEvent, PduFramer } from './pdu-framer.ts';
import { ProtocolViolation } from './protocol-violation.ts';
import type { AssociationInfo, AssociationSummary, Rejection } from './receiver-contract.ts';
import { Watchdog } from './watchdog.ts';

export interface ReceiverTimers {
  /** From connection to a whole A-ASSOCIATE-RQ. */
  readonly associateRequestMs: number;
  /** For more bytes inside a message or PDU. */
  readonly progressMs: number;
  /** Between messages. */
  readonly idleMs: number;
  /** ARTIM (PS3.8 §9.1.5): from our last word to destroying a connection that the peer does not close. */
  readonly artimMs: number;
}

/** What an association needs of the receiver it belongs to. */
export interface AssociationHost extends NegotiationHost {
  readonly log: Log;
  readonly maxPduLength: number;
  readonly timers: ReceiverTimers;
  /** Gives back what `reserve` took. */
  release(): void;
}

const maxAssociateLength = 1_048_576;
/** PS3.8 Table 9-21. */
const temporaryCongestion: Rejection = { result: 2, source: 3, reason: 1, why: 'the engine could not decide' };

type Phase = 'awaiting' | 'negotiating' | 'established' | 'ending' | 'closed';
type Ending = Pick<AssociationSummary, 'how' | 'why'>;

/**
 * One connection to the receiver, from accept to close: the acceptor's part of PS3.8 §9.2. Bytes are framed and handled in order; while a
 * message waits for the engine, the peer's further bytes stay in the socket.
 */
export class InboundAssociation {
  /** Resolves once the connection is closed and the policy has been told. Never rejects. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #host: AssociationHost;
  readonly #peer: string;
  readonly #scp: EngineScp;
  readonly #framer: PduFramer;
  readonly #watchdog = new Watchdog((ms) =>
    this.#abort(abortReason.notSpecified, { how: 'timeout', why: `the peer was silent for ${ms} ms` }),
  );
  #phase: Phase = 'awaiting';
  #negotiation: Promise<void> = Promise.resolve();
  #reserved = false;
  /** Set once the policy knows of the association, which it is then owed the end of. */
  #info: AssociationInfo | null = null;
  #service: MessageService | null = null;
  #pumping = false;
  #stopping = false;
  #ending: Ending | null = null;
  #artim: NodeJS.Timeout | undefined;

  constructor(socket: Socket, host: AssociationHost) {
    this.#socket = socket;
    this.#host = host;
    // An IPv4 peer of a dual-stack listener shows as ::ffff:a.b.c.d.
    this.#peer = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
    this.#framer = new PduFramer({ maxPduLength: host.maxPduLength, maxAssociateLength });
    this.#scp = new EngineScp(socket);
    socket.on('data', (bytes) => this.#onData(bytes));
    socket.on('error', ({ message }) => {
      this.#ending ??= { how: 'lost', why: message };
    });
    this.ended = new Promise((resolve) => socket.on('close', () => void this.#onClose().then(resolve)));
    this.#watchdog.give(host.timers.associateRequestMs);
  }

  /** Ends the association as soon as no message is under way. */
  shutDown(): void {
    this.#stopping = true;
    if (this.#phase === 'awaiting') this.#socket.destroy();
    else this.#stopIfIdle();
  }

  /** Ends the association now. */
  terminate(): void {
    this.#abort(abortReason.notSpecified, { how: 'aborted', why: 'the receiver is stopping' });
  }

  #onData(bytes: Buffer): void {
    if (this.#isOver()) return;
    this.#framer.push(bytes);
    // One more chunk at most arrives while a message waits for the engine: back-pressure is the socket's from then on.
    if (this.#pumping) this.#socket.pause();
    else void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      for (let event = this.#next(); event !== null; event = this.#next()) {
        const wait = this.#take(event);
        if (wait === null) continue;
        this.#watchdog.rest();
        await wait;
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#pumping = false;
    this.#stopIfIdle();
    this.#watch();
    this.#socket.resume();
  }

  #next(): FrameEvent | null {
    const enough = this.#isOver() || (this.#stopping && this.#service?.insideMessage !== true);
    return enough ? null : this.#framer.next();
  }

  /** A promise: nothing more is taken until it resolves. Throws ProtocolViolation. */
  #take(event: FrameEvent): Promise<void> | null {
    if (event.kind === 'violation') throw new ProtocolViolation(event.reason, event.why);
    if (event.kind === 'control') return this.#takeControl(event.type, event.pdu);
    if (this.#service === null) throw new ProtocolViolation(abortReason.unexpectedPdu, 'P-DATA-TF before an association');
    return this.#service.take(event);
  }

  #takeControl(type: number, pdu: Buffer): null {
    if (type === pduType.associateRequest && this.#phase === 'awaiting') {
      this.#phase = 'negotiating';
      this.#watchdog.rest();
      this.#negotiation = this.#negotiate(pdu).catch((error: unknown) => this.#fail(error));
    } else if (type === pduType.releaseRequest && this.#service?.insideMessage === false) {
      this.#over({ how: 'released', why: null });
      this.#scp.sendAssociationReleaseResponse();
      this.#close();
    } else if (type === pduType.abort) {
      this.#over({ how: 'aborted', why: `by the peer: source ${pdu.readUInt8(8)}, reason ${pdu.readUInt8(9)}` });
      this.#socket.destroy();
    } else {
      throw new ProtocolViolation(abortReason.unexpectedPdu, `unexpected PDU of type ${type}`);
    }
    return null;
  }

  async #negotiate(pdu: Buffer): Promise<void> {
    const { policy, maxPduLength } = this.#host;
    try {
      const negotiated = await negotiate(pdu, this.#peer, this.#scp, { policy, reserve: () => this.#reserve() });
      if (this.#isOver()) return;
      if (negotiated.outcome === 'rejected') {
        if (negotiated.by === 'receiver') this.#warn('association rejected', negotiated.rejection.why);
        return this.#reject(negotiated.rejection);
      }
      const { association, proposal, contexts, peerMaxPduLength } = negotiated;
      const info: AssociationInfo = { ...proposal, id: randomUUID(), openedAt: Date.now() };
      await policy.opened(info);
      this.#info = info;
      if (this.#isOver()) return;
      this.#scp.accept(association, maxPduLength);
      this.#service = new MessageService({
        association: info,
        contexts,
        policy,
        maxPduLength: peerMaxPduLength,
        send: (pdus) => this.#send(pdus),
        onFault: (error) => this.#fault(error),
      });
      this.#phase = 'established';
      this.#stopIfIdle();
      this.#watch();
    } catch (error) {
      if (error instanceof ProtocolViolation || this.#info !== null) throw error;
      this.#fault(error);
      this.#reject(temporaryCongestion);
    }
  }

  #reject(rejection: Rejection): void {
    if (this.#isOver()) return;
    this.#over({ how: 'aborted', why: rejection.why });
    this.#giveBack();
    this.#scp.reject(rejection);
    this.#close();
  }

  async #send(pdus: Buffer): Promise<void> {
    if (this.#isOver() || !this.#socket.writable || this.#socket.write(pdus)) return;
    // A peer that sends requests and reads no responses must not fill our memory with them.
    this.#watchdog.give(this.#host.timers.progressMs);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  #fail(error: unknown): void {
    if (error instanceof ProtocolViolation) {
      this.#abort(error.reason, { how: 'aborted', why: error.message });
    } else {
      this.#fault(error);
      this.#abort(abortReason.notSpecified, { how: 'aborted', why: 'internal failure' });
    }
  }

  #abort(reason: AbortReason, ending: Ending): void {
    if (this.#isOver()) return;
    if (this.#info === null) this.#warn('connection ended before an association', ending.why);
    this.#over(ending);
    if (this.#socket.writable) this.#socket.write(abortPdu(this.#stopping ? 'service-user' : 'service-provider', reason));
    this.#close();
  }

  #over(ending: Ending): void {
    this.#phase = 'ending';
    this.#ending = ending;
    this.#watchdog.rest();
    void this.#service?.end();
  }

  /**
   * Our last PDU is written. Bytes that still come are read and dropped, for closing with unread bytes would reset the connection, and the
   * peer could lose that PDU. A peer that does not close is cut off.
   */
  #close(): void {
    this.#socket.end();
    this.#socket.resume();
    this.#artim = setTimeout(() => this.#socket.destroy(), this.#host.timers.artimMs);
  }

  async #onClose(): Promise<void> {
    const ending = this.#ending ?? { how: 'lost', why: 'connection closed without release' };
    this.#over(ending);
    this.#phase = 'closed';
    clearTimeout(this.#artim);
    await this.#negotiation;
    await this.#service?.end();
    const counts = this.#service?.counts ?? { stored: 0, failed: 0, sizeBytes: 0 };
    try {
      if (this.#info !== null) await this.#host.policy.closed(this.#info, { ...ending, ...counts });
    } catch (error) {
      this.#fault(error);
    }
    this.#giveBack();
  }

  #isOver(): boolean {
    return this.#phase === 'ending' || this.#phase === 'closed';
  }

  #stopIfIdle(): void {
    if (this.#stopping && this.#service?.insideMessage === false && !this.#pumping) this.terminate();
  }

  #reserve(): boolean {
    this.#reserved = this.#host.reserve();
    return this.#reserved;
  }

  #giveBack(): void {
    if (this.#reserved) this.#host.release();
    this.#reserved = false;
  }

  /** Gives the peer its time for what is due next. */
  #watch(): void {
    if (this.#phase !== 'established') return;
    const { progressMs, idleMs } = this.#host.timers;
    this.#watchdog.give(this.#framer.insidePdu || this.#service?.insideMessage === true ? progressMs : idleMs);
  }

  #warn(message: string, why: string | null): void {
    this.#host.log.warn(message, { peer: this.#peer, why });
  }

  #fault(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#host.log.error('the engine failed a DICOM association', { peer: this.#peer, error: message });
  }
}
