import type { Buffer } from 'node:buffer';
import type { IncomingInstance, InstanceSink, ReceiverPolicy, StoreStatus } from './receiver-contract.ts';
import { storeStatus } from './status.ts';

/**
 * One C-STORE while its dataset arrives. Whatever the policy throws becomes 0110 for this instance and harms nothing else: the rest of
 * its data is read and dropped, and the end of the message is answered.
 */
export class StoreOperation {
  readonly #onFault: (error: unknown) => void;
  #sink: InstanceSink | null = null;
  /** The answer where no sink has one. */
  #refusal: StoreStatus = storeStatus.processingFailure('not stored');
  #sizeBytes = 0;

  private constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  static begin(policy: ReceiverPolicy, incoming: IncomingInstance, onFault: (error: unknown) => void): StoreOperation {
    const operation = new StoreOperation(onFault);
    try {
      const answer = policy.instance(incoming);
      if ('write' in answer) operation.#sink = answer;
      else operation.#refusal = answer;
    } catch (error) {
      onFault(error);
    }
    return operation;
  }

  /** A request whose answer is known before the policy is asked; its data is dropped. */
  static answered(status: StoreStatus): StoreOperation {
    const operation = new StoreOperation(() => {});
    operation.#refusal = status;
    return operation;
  }

  /** Bytes of the dataset so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A promise: read nothing more from the peer until it resolves. It never rejects. */
  write(data: Buffer): Promise<void> | null {
    this.#sizeBytes += data.length;
    if (this.#sink === null || data.length === 0) return null;
    try {
      return this.#sink.write(data) ? null : this.#sink.drained().catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  /** All data is there: the status to answer. Never rejects. From here on the instance is the sink's. */
  async finish(): Promise<StoreStatus> {
    const sink = this.#sink;
    this.#sink = null;
    try {
      return sink === null ? this.#refusal : await sink.finish();
    } catch (error) {
      this.#onFault(error);
      return this.#refusal;
    }
  }

  /** Drops the instance, unless all its data was there before. */
  discard(): void {
    const sink = this.#sink;
    this.#sink = null;
    try {
      sink?.discard().catch(this.#onFault);
    } catch (error) {
      this.#onFault(error);
    }
  }

  #fail(error: unknown): void {
    this.#onFault(error);
    this.discard();
  }
}
