import { GantryError } from '../errors/index.ts';
import type { Ledger } from './ledger.ts';
import { type OperationName, operations } from './operations/index.ts';
import { errorFromData, type Reply, type Request } from './protocol.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Asks the writer's thread, and finds the caller of each reply. */
export class LedgerClient {
  readonly #post: (requests: readonly Request[]) => void;
  readonly #waiting = new Map<number, Waiting>();
  #newestId = 0;
  #outbox: Request[] = [];
  /** Sent and not answered. */
  #underWay = 0;
  #ended: GantryError | null = null;

  /** `post` throws for what cannot be cloned. */
  constructor(post: (requests: readonly Request[]) => void) {
    this.#post = post;
  }

  /** The ledger's methods, each a request. */
  methods(): Omit<Ledger, 'close'> {
    const names = Object.keys(operations) as OperationName[];
    return Object.fromEntries(names.map((name) => [name, (...values: readonly unknown[]) => this.#call(name, values)])) as never;
  }

  settle(replies: readonly Reply[]): void {
    this.#underWay -= replies.length;
    for (const reply of replies) {
      const caller = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ('error' in reply) caller?.reject(errorFromData(reply.error));
      else caller?.resolve(reply.value);
    }
    // What the callers ask next, in this turn, still goes along.
    if (this.#underWay === 0 && this.#outbox.length > 0) setImmediate(() => this.#send());
  }

  /** What was asked before is still sent and answered; what is asked from here on is not. False where it was closed before. */
  close(): boolean {
    if (this.#ended !== null) return false;
    this.#send();
    this.#ended = new GantryError('GY415', 'the ledger is closed');
    return true;
  }

  /** Nothing will be answered any more. */
  end(error: GantryError): void {
    this.#ended ??= error;
    for (const caller of this.#waiting.values()) caller.reject(this.#ended);
    this.#waiting.clear();
  }

  #call(name: OperationName, values: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      const id = ++this.#newestId;
      this.#waiting.set(id, { resolve, reject });
      // Waking the thread costs more than most requests, and a commit more than both: what is asked while it is at work goes to it
      // together, and so into one commit.
      if (this.#outbox.push({ id, name, values }) === 1 && this.#underWay === 0) setImmediate(() => this.#send());
    });
  }

  #send(): void {
    const requests = this.#outbox;
    this.#outbox = [];
    if (requests.length === 0) return;
    try {
      this.#post(requests);
      this.#underWay += requests.length;
    } catch {
      for (const request of requests) this.#sendAlone(request);
    }
  }

  #sendAlone(request: Request): void {
    try {
      this.#post([request]);
      this.#underWay += 1;
    } catch (error) {
      // What cannot be cloned is its caller's mistake, and nobody else's.
      this.#waiting.get(request.id)?.reject(error);
      this.#waiting.delete(request.id);
    }
  }
}
