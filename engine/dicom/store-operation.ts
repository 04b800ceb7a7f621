import type { Buffer } from 'node:buffer';
import type { IncomingInstance, InstanceSink, ReceiverPolicy, StoreStatus } from './receiver-contract.ts';
import { storeStatus } from './status.ts';

/**
 * One C-STORE while its dataset arrives. Whatever the policy throws becomes 0110 for this instance and harms nothing else: the rest of
 * its data is read and dropped, and the end of the message is answered.
 */
export class StoreOperation {
  readonly #largestBytes: number;
  readonly #onFault: (error: unknown) => void;
  #sink: InstanceSink | null = null;
  /** The answer where no sink has one. */
  #refusal: StoreStatus = storeStatus.processingFailure('not stored');
  #sizeBytes = 0;

  private constructor(largestBytes: number, onFault: (error: unknown) => void) {
    this.#largestBytes = largestBytes;
    this.#onFault = onFault;
  }

  /** `largestBytes`: of the dataset; the instance is dropped where there are more. */
  static begin(
    policy: ReceiverPolicy,
    incoming: IncomingInstance,
    largestBytes: number,
    onFault: (error: unknown) => void,
  ): StoreOperation {
    const operation = new StoreOperation(largestBytes, onFault);
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
    const operation = new StoreOperation(Number.POSITIVE_INFINITY, () => {});
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
    if (this.#sizeBytes > this.#largestBytes) {
      this.#refusal = storeStatus.outOfResources(`instance is longer than ${this.#largestBytes} bytes`);
      this.discard();
      return null;
    }
    try {
      return this.#sink.write(data) ? null : this.#sink.drained().catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  /** All data is there: the status to answer. Never rejects. From here on the instance is the sink's. */
  finish(): StoreStatus | Promise<StoreStatus> {
    const sink = this.#sink;
    this.#sink = null;
    if (sink === null) return this.#refusal;
    const failed = (error: unknown): StoreStatus => {
      this.#onFault(error);
      return this.#refusal;
    };
    try {
      return sink.finish().catch(failed);
    } catch (error) {
      return failed(error);
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
