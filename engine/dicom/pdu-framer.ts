import { Buffer } from 'node:buffer';
import { GrowingBuffer } from './growing-buffer.ts';
import { type AbortReason, abortReason, isPduType, pduType } from './pdu.ts';

const pduHeaderLength = 6;
/** Item length, presentation context id and message control header (PS3.8 §9.3.5.1). */
const pdvHeaderLength = 6;

export interface FramerLimits {
  /** The maximum length we announce: bounds a P-DATA-TF's variable field (PS3.8 §D.1). */
  readonly maxPduLength: number;
  /** Bounds A-ASSOCIATE-RQ and -AC. A legal one with 128 contexts stays below 256 kB. */
  readonly maxAssociateLength: number;
  /** Whether a PDU of this type may come now, asked at its header: of one that may not, nothing is kept. Left out: any may. */
  expects?(type: number): boolean;
}

/**
 * Bytes of one PDV, as they came: a PDV that arrives in pieces is several fragments. The data is a slice of what was pushed, and lives as
 * long; the framer has one such object and fills it anew.
 */
export interface Fragment {
  readonly kind: 'fragment';
  readonly contextId: number;
  /** Message control header, bit 0 (PS3.8 §E.2): of a command set, otherwise of a dataset. */
  readonly command: boolean;
  /** Bit 1: the last bytes of the command set or dataset. */
  readonly last: boolean;
  readonly data: Buffer;
}

export type FrameEvent =
  | Fragment
  /** A whole PDU that is not P-DATA-TF, header included. */
  | { readonly kind: 'control'; readonly type: number; readonly pdu: Buffer }
  /** The stream cannot be followed any further. */
  | { readonly kind: 'violation'; readonly reason: AbortReason; readonly why: string };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const empty = Buffer.alloc(0);

type State = 'pdu-header' | 'control' | 'pdv-header' | 'pdv' | 'dead';

/**
 * Cuts a byte stream into PDUs and PDVs (PS3.8 §9.3). Pure: bytes are pushed, events are pulled, and what comes out does not depend on how
 * the bytes were split. Every length is judged when its header is complete, before anything is kept for it; only control PDUs are
 * gathered, and take no more memory than has truly arrived.
 */
export class PduFramer {
  readonly #limits: FramerLimits;
  readonly #input: Buffer[] = [];
  #buffered = 0;
  readonly #header = Buffer.alloc(pduHeaderLength);
  #headerHave = 0;
  #state: State = 'pdu-header';
  #type = 0;
  /** Bytes of the current PDU that are still to come. */
  #left = 0;
  readonly #control = new GrowingBuffer();
  #pdvLeft = 0;
  #endsPart = false;
  readonly #fragment: Mutable<Fragment> = { kind: 'fragment', contextId: 0, command: false, last: false, data: empty };

  constructor(limits: FramerLimits) {
    this.#limits = limits;
  }

  /** Whether a PDU has begun and not ended. */
  get insidePdu(): boolean {
    return this.#state !== 'dead' && (this.#state !== 'pdu-header' || this.#headerHave > 0);
  }

  /** What was pushed and has not been taken yet. */
  get bufferedBytes(): number {
    return this.#buffered;
  }

  /** The bytes must stay as they are until they are taken, or `keep` is called. */
  push(bytes: Buffer): void {
    if (bytes.length === 0 || this.#state === 'dead') return;
    this.#input.push(bytes);
    this.#buffered += bytes.length;
  }

  /** Copies what was pushed last, where it has not been taken. */
  keep(): void {
    const newest = this.#input.length - 1;
    if (newest >= 0) this.#input[newest] = Buffer.from(this.#input[newest] as Buffer);
  }

  /** The next event; null where more bytes are needed. After a violation there is nothing more. */
  next(): FrameEvent | null {
    // What was taken is the taker's: an idle association keeps none of it.
    this.#fragment.data = empty;
    for (;;) {
      switch (this.#state) {
        case 'dead':
          return null;
        case 'pdu-header': {
          if (!this.#fillHeader()) return null;
          const violation = this.#beginPdu();
          if (violation !== null) return violation;
          break;
        }
        case 'control': {
          while (this.#left > 0) {
            const part = this.#take(this.#left);
            if (part === null) return null;
            this.#control.append(part);
            this.#left -= part.length;
          }
          this.#state = 'pdu-header';
          return { kind: 'control', type: this.#type, pdu: this.#control.take() };
        }
        case 'pdv-header': {
          if (!this.#fillHeader()) return null;
          const violation = this.#beginPdv();
          if (violation !== null) return violation;
          if (this.#pdvLeft === 0) return this.#fill(empty);
          break;
        }
        case 'pdv': {
          const data = this.#take(this.#pdvLeft);
          if (data === null) return null;
          this.#pdvLeft -= data.length;
          this.#left -= data.length;
          return this.#fill(data);
        }
      }
    }
  }

  #beginPdu(): FrameEvent | null {
    const type = this.#header.readUInt8(0);
    const length = this.#header.readUInt32BE(2);
    this.#type = type;
    this.#left = length;
    if (isPduType(type) && this.#limits.expects?.(type) === false)
      return this.#die(abortReason.unexpectedPdu, `PDU of type ${type} is out of turn`);
    switch (type) {
      case pduType.data:
        if (length > this.#limits.maxPduLength)
          return this.#die(abortReason.invalidParameterValue, `P-DATA-TF of ${length} bytes exceeds the limit`);
        if (length < pdvHeaderLength) return this.#die(abortReason.invalidParameterValue, `P-DATA-TF of ${length} bytes holds no PDV`);
        this.#state = 'pdv-header';
        return null;
      case pduType.associateRequest:
      case pduType.associateAccept:
        if (length > this.#limits.maxAssociateLength)
          return this.#die(abortReason.invalidParameterValue, `A-ASSOCIATE of ${length} bytes exceeds the limit`);
        break;
      case pduType.associateReject:
      case pduType.releaseRequest:
      case pduType.releaseResponse:
      case pduType.abort:
        if (length !== 4) return this.#die(abortReason.invalidParameterValue, `PDU of type ${type} has ${length} bytes instead of 4`);
        break;
      default:
        return this.#die(abortReason.unrecognizedPdu, `PDU type ${type} does not exist`);
    }
    this.#state = 'control';
    this.#control.append(this.#header);
    return null;
  }

  #beginPdv(): FrameEvent | null {
    const length = this.#header.readUInt32BE(0);
    if (length < 2 || length + 4 > this.#left)
      return this.#die(abortReason.invalidParameterValue, `PDV length ${length} does not fit its PDU`);
    this.#left -= pdvHeaderLength;
    this.#pdvLeft = length - 2;
    const rest = this.#left - this.#pdvLeft;
    if (rest > 0 && rest < pdvHeaderLength) return this.#die(abortReason.invalidParameterValue, `${rest} stray bytes after a PDV`);
    this.#fragment.contextId = this.#header.readUInt8(4);
    // PS3.8 §E.2: bits 2 to 7 are not checked; peers that set them exist.
    const control = this.#header.readUInt8(5);
    this.#fragment.command = (control & 0b01) !== 0;
    this.#endsPart = (control & 0b10) !== 0;
    this.#state = 'pdv';
    return null;
  }

  #fill(data: Buffer): Fragment {
    const complete = this.#pdvLeft === 0;
    if (complete) this.#state = this.#left === 0 ? 'pdu-header' : 'pdv-header';
    this.#fragment.last = complete && this.#endsPart;
    this.#fragment.data = data;
    return this.#fragment;
  }

  #die(reason: AbortReason, why: string): FrameEvent {
    this.#state = 'dead';
    this.#input.length = 0;
    this.#buffered = 0;
    return { kind: 'violation', reason, why };
  }

  #fillHeader(): boolean {
    while (this.#headerHave < pduHeaderLength) {
      const part = this.#take(pduHeaderLength - this.#headerHave);
      if (part === null) return false;
      part.copy(this.#header, this.#headerHave);
      this.#headerHave += part.length;
    }
    this.#headerHave = 0;
    return true;
  }

  /** Up to `length` bytes from the front of the input, never joined; null where there is none. */
  #take(length: number): Buffer | null {
    const first = this.#input[0];
    if (first === undefined) return null;
    if (first.length <= length) {
      this.#input.shift();
      this.#buffered -= first.length;
      return first;
    }
    this.#buffered -= length;
    this.#input[0] = first.subarray(length);
    return first.subarray(0, length);
  }
}
