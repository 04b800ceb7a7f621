import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A C-STORE as it went over the wire. */
export interface StoreOnWire {
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly dataset: Buffer;
  /** null: never answered. */
  readonly status: number | null;
  /** Error Comment (0000,0902); empty where there is none. */
  readonly comment: string;
}

/** A presentation context as proposed and answered. */
export interface ContextOnWire {
  readonly id: number;
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUids: readonly string[];
  /** PS3.8 Table 9-18; null: never answered. */
  readonly result: number | null;
}

interface Message {
  readonly contextId: number;
  readonly command: ReadonlyMap<number, Buffer>;
  readonly dataset: Buffer;
}

/**
 * Stands between a sender and the receiver, passes every byte on, and reads along (PS3.8 §9.3, PS3.7 §6.3): the judge of what a sender
 * sent, written without the receiver's code.
 */
export class WireTap {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #connections: Conversation[] = [];

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async before(port: number): Promise<WireTap> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const tap = new WireTap(server);
    server.on('connection', (sender) => tap.#pass(sender, port));
    return tap;
  }

  /** Contexts proposed by each association, in the order of the proposal. */
  get proposals(): readonly (readonly ContextOnWire[])[] {
    return this.#connections.map(({ proposed }) => proposed);
  }

  get stores(): readonly StoreOnWire[] {
    return this.#connections.flatMap((connection) => connection.stores());
  }

  /** C-ECHO responses, by status. */
  get echoes(): readonly number[] {
    return this.#connections.flatMap((connection) => connection.echoes());
  }

  /** Resolves when every connection has come to its end; what a peer says last is read then. */
  async ended(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => once(socket, 'close')));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(sender: Socket, port: number): void {
    const receiver = connect({ port, host: '127.0.0.1', noDelay: true });
    const conversation = new Conversation();
    this.#connections.push(conversation);
    sender.on('data', (bytes) => conversation.fromSender.add(bytes)).pipe(receiver);
    receiver.on('data', (bytes) => conversation.fromReceiver.add(bytes)).pipe(sender);
    for (const [socket, other] of [[sender, receiver] as const, [receiver, sender] as const]) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    }
  }
}

class Conversation {
  readonly fromSender = new Side();
  readonly fromReceiver = new Side();

  get proposed(): readonly ContextOnWire[] {
    const answers = this.#answers;
    return contextItems(this.fromSender.pdus.find(({ type }) => type === 0x01)?.body, 0x20).map(({ id, syntaxes }) => ({
      id,
      abstractSyntaxUid: syntaxes.find(({ type }) => type === 0x30)?.uid ?? '',
      transferSyntaxUids: syntaxes.filter(({ type }) => type === 0x40).map(({ uid }) => uid),
      result: answers.find((answer) => answer.id === id)?.result ?? null,
    }));
  }

  get #answers(): readonly ContextItem[] {
    return contextItems(this.fromReceiver.pdus.find(({ type }) => type === 0x02)?.body, 0x21);
  }

  stores(): readonly StoreOnWire[] {
    const answers = this.#answers;
    const stores = this.fromSender.messages().filter(({ command }) => number(command, 0x0100) === 0x0001);
    const responses = this.fromReceiver.messages().filter(({ command }) => number(command, 0x0100) === 0x8001);
    return stores.map(({ contextId, command, dataset }, at) => {
      // One by one, as senders do that negotiate nothing else; some give every message the same id.
      const answer = responses[at]?.command;
      if (answer !== undefined && number(answer, 0x0120) !== number(command, 0x0110)) throw new Error('answers another C-STORE');
      return {
        sopInstanceUid: text(command, 0x1000),
        transferSyntaxUid: answers.find(({ id }) => id === contextId)?.syntaxes[0]?.uid ?? '',
        dataset,
        status: answer === undefined ? null : number(answer, 0x0900),
        comment: answer === undefined ? '' : text(answer, 0x0902),
      };
    });
  }

  echoes(): readonly number[] {
    const responses = this.fromReceiver.messages().filter(({ command }) => number(command, 0x0100) === 0x8030);
    return responses.map(({ command }) => number(command, 0x0900) ?? -1);
  }
}

/** What one of the two said. */
class Side {
  readonly #chunks: Buffer[] = [];

  add(bytes: Buffer): void {
    this.#chunks.push(bytes);
  }

  get pdus(): readonly { readonly type: number; readonly body: Buffer }[] {
    const bytes = Buffer.concat(this.#chunks);
    const pdus: { type: number; body: Buffer }[] = [];
    for (let at = 0; at + 6 <= bytes.length; ) {
      const end = at + 6 + bytes.readUInt32BE(at + 2);
      if (end > bytes.length) break;
      pdus.push({ type: bytes[at] ?? 0, body: bytes.subarray(at + 6, end) });
      at = end;
    }
    return pdus;
  }

  /** Complete ones. */
  messages(): readonly Message[] {
    const messages: Message[] = [];
    let command: Buffer[] = [];
    let dataset: Buffer[] = [];
    const data = this.pdus.filter(({ type }) => type === 0x04);
    for (const { contextId, control, value } of data.flatMap(({ body }) => presentationDataValues(body))) {
      (control & 1 ? command : dataset).push(value);
      if ((control & 2) === 0) continue;
      const elements = commandElements(Buffer.concat(command));
      // (0000,0800) Command Data Set Type: 0101H says that none follows.
      if (control & 1 && number(elements, 0x0800) !== 0x0101) continue;
      messages.push({ contextId, command: elements, dataset: Buffer.concat(dataset) });
      command = [];
      dataset = [];
    }
    return messages;
  }
}

function presentationDataValues(body: Buffer): { contextId: number; control: number; value: Buffer }[] {
  const values: { contextId: number; control: number; value: Buffer }[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 4 + body.readUInt32BE(at);
    values.push({ contextId: body[at + 4] ?? 0, control: body[at + 5] ?? 0, value: body.subarray(at + 6, end) });
    at = end;
  }
  return values;
}

interface ContextItem {
  readonly id: number;
  /** Means something in an answer. */
  readonly result: number;
  readonly syntaxes: readonly { readonly type: number; readonly uid: string }[];
}

/** Presentation context items of an A-ASSOCIATE-RQ (20H) or -AC (21H), which begin at the same place. */
function contextItems(body: Buffer | undefined, wanted: number): readonly ContextItem[] {
  if (body === undefined) return [];
  return items(body.subarray(68))
    .filter(({ type }) => type === wanted)
    .map(({ value }) => ({
      id: value[0] ?? 0,
      result: value[2] ?? 0,
      syntaxes: items(value.subarray(4)).map((item) => ({ type: item.type, uid: item.value.toString('latin1') })),
    }));
}

function items(bytes: Buffer): { readonly type: number; readonly value: Buffer }[] {
  const found: { type: number; value: Buffer }[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    found.push({ type: bytes[at] ?? 0, value: bytes.subarray(at + 4, end) });
    at = end;
  }
  return found;
}

/** Of group 0000, by element number: implicit little endian (PS3.7 §6.3.1). */
function commandElements(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const elements = new Map<number, Buffer>();
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32LE(at + 4);
    elements.set(bytes.readUInt16LE(at + 2), bytes.subarray(at + 8, end));
    at = end;
  }
  return elements;
}

const number = (elements: ReadonlyMap<number, Buffer>, element: number): number | null => elements.get(element)?.readUInt16LE(0) ?? null;
const text = (elements: ReadonlyMap<number, Buffer>, element: number): string =>
  (elements.get(element)?.toString('latin1') ?? '').replace(/[\0 ]+$/, '');
