import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** Bytes of the DICOM upper layer (PS3.8 §9.3), written by hand so that they can be wrong. */
export const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
export const mrImageStorage = '1.2.840.10008.5.1.4.1.1.4';
export const verification = '1.2.840.10008.1.1';
export const studyRootFind = '1.2.840.10008.5.1.4.1.2.2.1';
export const implicitLittleEndian = '1.2.840.10008.1.2';
export const explicitLittleEndian = '1.2.840.10008.1.2.1';

export interface ProposedContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

export interface Proposal {
  readonly contexts?: readonly ProposedContext[];
  readonly callingAeTitle?: string;
  readonly calledAeTitle?: string;
  readonly maxPduLength?: number;
  readonly protocolVersion?: number;
  readonly applicationContext?: string;
  readonly userItems?: readonly Buffer[];
}

export const storeContext: ProposedContext = { id: 1, abstractSyntax: ctImageStorage, transferSyntaxes: [implicitLittleEndian] };
export const echoContext: ProposedContext = { id: 3, abstractSyntax: verification, transferSyntaxes: [implicitLittleEndian] };

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export function item(type: number, value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  const head = Buffer.from([type, 0, 0, 0]);
  head.writeUInt16BE(bytes.length, 2);
  return Buffer.concat([head, bytes]);
}

export function pdu(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, 0]), uint32(body.length), body]);
}

export function associateRequest(proposal: Proposal = {}): Buffer {
  const { contexts = [storeContext, echoContext], callingAeTitle = 'RAW', calledAeTitle = 'GANTRY', maxPduLength = 16_384 } = proposal;
  const contextItems = contexts.map(({ id, abstractSyntax, transferSyntaxes }) =>
    item(0x20, Buffer.concat([Buffer.from([id, 0, 0, 0]), item(0x30, abstractSyntax), ...transferSyntaxes.map((uid) => item(0x40, uid))])),
  );
  const user = Buffer.concat([item(0x51, uint32(maxPduLength)), item(0x52, '1.2.3.4'), ...(proposal.userItems ?? [])]);
  const body = Buffer.concat([
    Buffer.from([0, proposal.protocolVersion ?? 1, 0, 0]),
    Buffer.from(calledAeTitle.padEnd(16), 'latin1'),
    Buffer.from(callingAeTitle.padEnd(16), 'latin1'),
    Buffer.alloc(32),
    item(0x10, proposal.applicationContext ?? '1.2.840.10008.3.1.1.1'),
    ...contextItems,
    item(0x50, user),
  ]);
  return pdu(0x01, body);
}

export function pdv(contextId: number, control: number, data: Buffer): Buffer {
  return Buffer.concat([uint32(data.length + 2), Buffer.from([contextId, control]), data]);
}

export const dataPdu = (...pdvs: readonly Buffer[]): Buffer => pdu(0x04, Buffer.concat(pdvs));
export const releaseRequest = (): Buffer => pdu(0x05, Buffer.alloc(4));
export const abortRequest = (): Buffer => pdu(0x07, Buffer.alloc(4));

/** Message control headers (PS3.8 §E.2). */
export const flags = { command: 0b01, lastCommand: 0b11, data: 0b00, lastData: 0b10 } as const;

function element(tag: number, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag, 2);
  head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
}

const text = (tag: number, value: string, pad = '\0'): Buffer =>
  element(tag, Buffer.from(value.length % 2 === 0 ? value : value + pad, 'latin1'));
const number = (tag: number, value: number): Buffer => element(tag, Buffer.from([value & 0xff, value >> 8]));

export interface Command {
  readonly commandField: number;
  readonly messageId?: number;
  readonly sopClass?: string;
  readonly sopInstance?: string;
  readonly dataset?: boolean;
}

export function commandSet({ commandField, messageId = 1, sopClass, sopInstance, dataset = false }: Command): Buffer {
  const elements = Buffer.concat([
    ...(sopClass === undefined ? [] : [text(0x0002, sopClass)]),
    number(0x0100, commandField),
    number(0x0110, messageId),
    number(0x0700, 0),
    number(0x0800, dataset ? 0x0001 : 0x0101),
    ...(sopInstance === undefined ? [] : [text(0x1000, sopInstance)]),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(elements.length);
  return Buffer.concat([element(0, length), elements]);
}

export interface Store {
  readonly messageId?: number;
  readonly contextId?: number;
  readonly sopClass?: string;
  readonly sopInstance?: string;
  readonly data: Buffer;
  /** Bytes of dataset in one PDV. */
  readonly fragment?: number;
}

/** The PDUs of a C-STORE-RQ, in order: the command, then one for each fragment. */
export function storePdus({
  messageId = 1,
  contextId = 1,
  sopClass = ctImageStorage,
  sopInstance = '1.2.3',
  data,
  fragment = 16_000,
}: Store): Buffer[] {
  const command = commandSet({ commandField: 0x0001, messageId, sopClass, sopInstance, dataset: true });
  const pdus = [dataPdu(pdv(contextId, flags.lastCommand, command))];
  for (let start = 0; start === 0 || start < data.length; start += fragment) {
    const last = start + fragment >= data.length;
    pdus.push(dataPdu(pdv(contextId, last ? flags.lastData : flags.data, data.subarray(start, start + fragment))));
  }
  return pdus;
}

export function echoPdu(messageId = 1, contextId = 3): Buffer {
  return dataPdu(pdv(contextId, flags.lastCommand, commandSet({ commandField: 0x0030, messageId, sopClass: verification })));
}

export interface ReceivedPdu {
  readonly type: number;
  readonly body: Buffer;
}

export interface Response {
  readonly commandField: number;
  readonly messageId: number;
  readonly status: number;
  readonly comment: string | null;
  readonly sopInstance: string | null;
  readonly contextId: number;
}

/** Reads a response's command set, from one PDV or several. */
export function readResponse(pdus: readonly ReceivedPdu[]): Response {
  const bytes = Buffer.concat(pdus.map(({ body }) => body.subarray(6)));
  const values = new Map<number, Buffer>();
  for (let offset = 0; offset < bytes.length; ) {
    const end = offset + 8 + bytes.readUInt32LE(offset + 4);
    values.set(bytes.readUInt16LE(offset + 2), bytes.subarray(offset + 8, end));
    offset = end;
  }
  const string = (tag: number): string | null =>
    values
      .get(tag)
      ?.toString('latin1')
      .replace(/[\0 ]+$/, '') ?? null;
  return {
    commandField: values.get(0x0100)?.readUInt16LE(0) ?? -1,
    messageId: values.get(0x0120)?.readUInt16LE(0) ?? -1,
    status: values.get(0x0900)?.readUInt16LE(0) ?? -1,
    comment: string(0x0902),
    sopInstance: string(0x1000),
    contextId: pdus[0]?.body[4] ?? -1,
  };
}

/** What an A-ASSOCIATE-AC says: result and transfer syntax by context id, and the maximum PDU length. */
export function readAccept({ type, body }: ReceivedPdu): {
  readonly contexts: ReadonlyMap<number, { readonly result: number; readonly transferSyntax: string }>;
  readonly maxPduLength: number;
  readonly userItems: ReadonlyMap<number, Buffer>;
} {
  if (type !== 0x02) throw new Error(`A-ASSOCIATE-AC expected, got PDU type ${type}`);
  const items = (bytes: Buffer): { type: number; value: Buffer }[] => {
    const found = [];
    for (let offset = 0; offset < bytes.length; ) {
      const end = offset + 4 + bytes.readUInt16BE(offset + 2);
      found.push({ type: bytes.readUInt8(offset), value: bytes.subarray(offset + 4, end) });
      offset = end;
    }
    return found;
  };
  const all = items(body.subarray(68));
  const contexts = all.flatMap(({ type: itemType, value }) => {
    if (itemType !== 0x21) return [];
    const transferSyntax = items(value.subarray(4))[0]?.value.toString('latin1') ?? '';
    return [[value.readUInt8(0), { result: value.readUInt8(2), transferSyntax }] as const];
  });
  const userItems = new Map(
    items(all.find((entry) => entry.type === 0x50)?.value ?? Buffer.alloc(0)).map((entry) => [entry.type, entry.value]),
  );
  return { contexts: new Map(contexts), maxPduLength: userItems.get(0x51)?.readUInt32BE(0) ?? -1, userItems };
}

export interface Connecting {
  readonly halfOpen?: boolean;
  readonly tls?: ConnectionOptions;
}

/** A peer that says what it is told to, and hands over the PDUs that come back. */
export class RawPeer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  /** Of the P-DATA-TFs that came, what follows the header. */
  largestData = 0;
  #buffer = Buffer.alloc(0);
  readonly #received: ReceivedPdu[] = [];
  #wake: () => void = () => {};
  #isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#buffer = Buffer.concat([this.#buffer, bytes]);
      while (this.#buffer.length >= 6 && this.#buffer.length >= 6 + this.#buffer.readUInt32BE(2)) {
        const end = 6 + this.#buffer.readUInt32BE(2);
        if (this.#buffer.readUInt8(0) === 0x04) this.largestData = Math.max(this.largestData, end - 6);
        this.#received.push({ type: this.#buffer.readUInt8(0), body: this.#buffer.subarray(6, end) });
        this.#buffer = this.#buffer.subarray(end);
      }
      this.#wake();
    });
    // A reset is a way to be closed.
    socket.on('error', () => {});
    this.closed = new Promise((resolve) =>
      socket.on('close', () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      }),
    );
  }

  /** Half-open: keeps its side of the connection when the other has ended its own. */
  static async connect(port: number, { halfOpen = false, tls }: Connecting = {}): Promise<RawPeer> {
    const address = { port, host: '127.0.0.1', allowHalfOpen: halfOpen };
    const socket = tls === undefined ? connect(address) : connectTls({ ...address, ...tls });
    await once(socket, tls === undefined ? 'connect' : 'secureConnect');
    return new RawPeer(socket);
  }

  /** Connects and gets an association accepted. */
  static async associate(port: number, proposal: Proposal = {}, connecting: Connecting = {}): Promise<RawPeer> {
    const peer = await RawPeer.connect(port, connecting);
    peer.send(associateRequest(proposal));
    const answer = await peer.next();
    if (answer?.type !== 0x02) throw new Error(`A-ASSOCIATE-AC expected, got ${answer === null ? 'the end' : `PDU type ${answer.type}`}`);
    return peer;
  }

  /** Result, source and reason of the A-ASSOCIATE-RJ that a proposal gets, such as "2/3/2"; the connection must end with it. */
  static async rejection(port: number, proposal: Proposal = {}): Promise<string> {
    const peer = await RawPeer.connect(port);
    peer.send(associateRequest(proposal));
    const answer = await peer.next();
    if (answer?.type !== 0x03) throw new Error(`A-ASSOCIATE-RJ expected, got ${answer === null ? 'the end' : `PDU type ${answer.type}`}`);
    const rest = await peer.rest();
    if (rest.length > 0) throw new Error(`nothing expected after A-ASSOCIATE-RJ, got ${rest.length} PDUs`);
    return [...answer.body.subarray(1)].join('/');
  }

  send(...pdus: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(pdus));
  }

  /** The next PDU; null once the connection is closed and nothing is left. */
  async next(): Promise<ReceivedPdu | null> {
    for (;;) {
      const first = this.#received.shift();
      if (first !== undefined) return first;
      if (this.#isClosed) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async response(): Promise<Response> {
    const pdus: ReceivedPdu[] = [];
    for (;;) {
      const received = await this.next();
      if (received?.type !== 0x04)
        throw new Error(`P-DATA-TF expected, got ${received === null ? 'the end' : `PDU type ${received.type}`}`);
      pdus.push(received);
      if (((received.body[5] ?? 0) & 0b10) !== 0) return readResponse(pdus);
    }
  }

  async store(store: Store): Promise<Response> {
    this.send(...storePdus(store));
    return this.response();
  }

  async echo(): Promise<number> {
    this.send(echoPdu());
    return (await this.response()).status;
  }

  /** A-RELEASE, and the connection closed. */
  async release(): Promise<void> {
    this.send(releaseRequest());
    const answer = await this.next();
    if (answer?.type !== 0x06) throw new Error(`A-RELEASE-RP expected, got ${answer === null ? 'the end' : `PDU type ${answer.type}`}`);
    this.socket.end();
    await this.closed;
  }

  /** Every PDU up to the end of the connection. */
  async rest(): Promise<ReceivedPdu[]> {
    const all: ReceivedPdu[] = [];
    for (let received = await this.next(); received !== null; received = await this.next()) all.push(received);
    return all;
  }
}
