import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { dataPdu, flags, item, pdu, pdv, type ReceivedPdu } from './raw-peer.ts';

export interface ProposedContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

export interface ReceivedStore {
  readonly messageId: number;
  readonly contextId: number;
  readonly sopClass: string;
  readonly sopInstance: string;
  readonly data: Buffer;
  /** Lengths of the PDUs' variable fields, and of the dataset's fragments. */
  readonly pduLengths: readonly number[];
  readonly fragmentLengths: readonly number[];
}

export interface Answer {
  /** By context id; accepted as proposed where nothing is said. */
  readonly results?: ReadonlyMap<number, { readonly result: number; readonly transferSyntax?: string } | 'omitted'>;
  readonly maxPduLength?: number;
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** The acceptor's side of one connection, said word by word, so that the words can be wrong. */
export class ScpConnection {
  readonly socket: Socket;
  readonly #received: ReceivedPdu[] = [];
  #buffer = Buffer.alloc(0);
  #wake: () => void = () => {};
  #isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#buffer = Buffer.concat([this.#buffer, bytes]);
      while (this.#buffer.length >= 6 && this.#buffer.length >= 6 + this.#buffer.readUInt32BE(2)) {
        const end = 6 + this.#buffer.readUInt32BE(2);
        this.#received.push({ type: this.#buffer.readUInt8(0), body: this.#buffer.subarray(6, end) });
        this.#buffer = this.#buffer.subarray(end);
      }
      this.#wake();
    });
    // A reset is a way to be closed.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
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

  /** Every PDU up to the end of the connection, by type. */
  async restTypes(): Promise<number[]> {
    const types: number[] = [];
    for (let received = await this.next(); received !== null; received = await this.next()) types.push(received.type);
    return types;
  }

  /** Takes A-ASSOCIATE-RQ and answers nothing yet. */
  async proposal(): Promise<readonly ProposedContext[]> {
    const request = await this.next();
    if (request?.type !== 0x01) throw new Error(`A-ASSOCIATE-RQ expected, got ${request?.type ?? 'the end'}`);
    return items(request.body.subarray(68)).flatMap(({ type, value }) => {
      if (type !== 0x20) return [];
      const syntaxes = items(value.subarray(4));
      const texts = (wanted: number): string[] =>
        syntaxes.flatMap((syntax) => (syntax.type === wanted ? [syntax.value.toString('latin1')] : []));
      return [{ id: value.readUInt8(0), abstractSyntax: texts(0x30)[0] ?? '', transferSyntaxes: texts(0x40) }];
    });
  }

  async accept(answer: Answer = {}): Promise<readonly ProposedContext[]> {
    const contexts = await this.proposal();
    this.send(associateAccept(contexts, answer));
    return contexts;
  }

  /** A whole C-STORE-RQ; null for what is none. */
  async store(): Promise<ReceivedStore | null> {
    let command: Buffer | null = null;
    const data: Buffer[] = [];
    const pduLengths: number[] = [];
    let contextId = 0;
    for (;;) {
      const received = await this.next();
      if (received?.type !== 0x04) return null;
      pduLengths.push(received.body.length);
      contextId = received.body.readUInt8(4);
      const control = received.body.readUInt8(5);
      const fragment = received.body.subarray(6);
      if ((control & 1) === 1) command = Buffer.concat([command ?? Buffer.alloc(0), fragment]);
      else data.push(fragment);
      if (control !== flags.lastData || command === null) continue;
      const values = elements(command);
      const text = (element: number): string => values.get(element)?.toString('latin1').replace(/\0$/, '') ?? '';
      return {
        messageId: values.get(0x0110)?.readUInt16LE(0) ?? -1,
        contextId,
        sopClass: text(0x0002),
        sopInstance: text(0x1000),
        data: Buffer.concat(data),
        pduLengths,
        fragmentLengths: data.map(({ length }) => length),
      };
    }
  }

  respond(to: Pick<ReceivedStore, 'messageId' | 'contextId'>, status: number, comment?: string): void {
    this.send(storeResponse(to, status, comment));
  }

  /** Stores all that comes and answers each by `status`, until the association is released. */
  async serve(status: (store: ReceivedStore) => number = () => 0): Promise<readonly ReceivedStore[]> {
    const stored: ReceivedStore[] = [];
    for (let store = await this.store(); store !== null; store = await this.store()) {
      stored.push(store);
      this.respond(store, status(store));
    }
    this.send(pdu(0x06, Buffer.alloc(4)));
    return stored;
  }
}

export function associateAccept(contexts: readonly ProposedContext[], { results, maxPduLength = 16_384 }: Answer = {}): Buffer {
  const answers = contexts.flatMap(({ id, transferSyntaxes }) => {
    const answer = results?.get(id) ?? { result: 0 };
    if (answer === 'omitted') return [];
    const transferSyntax = answer.transferSyntax ?? transferSyntaxes[0] ?? '';
    return [item(0x21, Buffer.concat([Buffer.from([id, 0, answer.result, 0]), item(0x40, transferSyntax)]))];
  });
  const user = Buffer.concat([item(0x51, uint32(maxPduLength)), item(0x52, '1.2.3.4')]);
  const head = Buffer.concat([Buffer.from([0, 1, 0, 0]), Buffer.alloc(32, 0x20), Buffer.alloc(32)]);
  return pdu(0x02, Buffer.concat([head, item(0x10, '1.2.840.10008.3.1.1.1'), ...answers, item(0x50, user)]));
}

export function associateReject(result: number, source: number, reason: number): Buffer {
  return pdu(0x03, Buffer.from([0, result, source, reason]));
}

export function storeResponse(
  { messageId, contextId }: Pick<ReceivedStore, 'messageId' | 'contextId'>,
  status: number,
  comment?: string,
): Buffer {
  return response(contextId, 0x8001, messageId, status, comment);
}

export function response(contextId: number, commandField: number, messageId: number, status: number, comment?: string): Buffer {
  const fields = Buffer.concat([
    number(0x0100, commandField),
    number(0x0120, messageId),
    number(0x0800, 0x0101),
    number(0x0900, status),
    ...(comment === undefined ? [] : [element(0x0902, Buffer.from(comment.length % 2 === 0 ? comment : `${comment} `, 'latin1'))]),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(fields.length);
  return dataPdu(pdv(contextId, flags.lastCommand, Buffer.concat([element(0, length), fields])));
}

function element(tag: number, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag, 2);
  head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
}

const number = (tag: number, value: number): Buffer => element(tag, Buffer.from([value & 0xff, value >> 8]));

function elements(bytes: Buffer): Map<number, Buffer> {
  const values = new Map<number, Buffer>();
  for (let offset = 0; offset < bytes.length; ) {
    const end = offset + 8 + bytes.readUInt32LE(offset + 4);
    values.set(bytes.readUInt16LE(offset + 2), bytes.subarray(offset + 8, end));
    offset = end;
  }
  return values;
}

function items(bytes: Buffer): { readonly type: number; readonly value: Buffer }[] {
  const found = [];
  for (let offset = 0; offset < bytes.length; ) {
    const end = offset + 4 + bytes.readUInt16BE(offset + 2);
    found.push({ type: bytes.readUInt8(offset), value: bytes.subarray(offset + 4, end) });
    offset = end;
  }
  return found;
}

export interface ScriptedScp {
  readonly port: number;
  /** Connections so far. */
  readonly connections: () => number;
  /** Resolves when every script has ended; rejects as they do. */
  readonly done: () => Promise<void>;
}

/** Listens on loopback and plays the script to every connection, `index` being 0 for the first. */
export async function scriptedScp(
  t: TestContext,
  script: (connection: ScpConnection, index: number) => Promise<unknown>,
): Promise<ScriptedScp> {
  const plays: Promise<unknown>[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const play = script(new ScpConnection(socket), plays.length);
    play.catch(() => {});
    plays.push(play);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => plays.length,
    done: async () => {
      await Promise.all(plays);
    },
  };
}
