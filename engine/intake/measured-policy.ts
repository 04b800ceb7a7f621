import type { Buffer } from 'node:buffer';
import type { AssociationInfo, AssociationSummary, IncomingInstance, InstanceSink, ReceiverPolicy, StoreStatus } from '../dicom/index.ts';
import type { ReceiverMetrics } from '../metrics/index.ts';
import { rejectionCode } from './rejections.ts';

/** A policy whose answers, and what becomes of them, are counted. */
export function measured(policy: ReceiverPolicy, metrics: ReceiverMetrics): ReceiverPolicy {
  /** Responses that are counted already, by association and status. */
  const counted = new Map<string, Map<number, number>>();

  const answered = ({ association }: IncomingInstance, { status }: StoreStatus, sizeBytes: number, seconds: number): void => {
    const statuses = counted.get(association.id) ?? new Map<number, number>();
    counted.set(association.id, statuses.set(status, (statuses.get(status) ?? 0) + 1));
    metrics.answered({ calledAeTitle: association.calledAeTitle, status, sizeBytes, seconds });
  };

  /** What was answered without a dataset being taken is known when the association ends: by the policy, and by the receiver alone. */
  const countOthers = ({ id, calledAeTitle }: AssociationInfo, { statuses }: AssociationSummary): void => {
    for (const [status, all] of statuses) {
      const times = all - (counted.get(id)?.get(status) ?? 0);
      if (times > 0) metrics.refused({ calledAeTitle, status, times });
    }
    counted.delete(id);
  };

  return {
    admit: (proposal) => policy.admit(proposal),
    rejected(proposal, rejection) {
      metrics.rejected(rejectionCode(rejection));
      policy.rejected?.(proposal, rejection);
    },
    async opened(association) {
      await policy.opened(association);
      metrics.opened();
    },
    instance(incoming) {
      const answer = policy.instance(incoming);
      return 'write' in answer ? new MeasuredSink(answer, (...measures) => answered(incoming, ...measures)) : answer;
    },
    async closed(association, summary) {
      countOthers(association, summary);
      metrics.closed({ how: summary.how, seconds: Math.max(0, Date.now() - association.openedAt) / 1_000 });
      await policy.closed(association, summary);
    },
  };
}

class MeasuredSink implements InstanceSink {
  readonly #sink: InstanceSink;
  readonly #onAnswer: (status: StoreStatus, sizeBytes: number, seconds: number) => void;
  #sizeBytes = 0;

  constructor(sink: InstanceSink, onAnswer: (status: StoreStatus, sizeBytes: number, seconds: number) => void) {
    this.#sink = sink;
    this.#onAnswer = onAnswer;
  }

  write(chunk: Buffer): boolean {
    this.#sizeBytes += chunk.length;
    return this.#sink.write(chunk);
  }

  drained(): Promise<void> {
    return this.#sink.drained();
  }

  async finish(): Promise<StoreStatus> {
    const lastByteAt = performance.now();
    const answer = await this.#sink.finish();
    this.#onAnswer(answer, this.#sizeBytes, (performance.now() - lastByteAt) / 1_000);
    return answer;
  }

  discard(): Promise<void> {
    return this.#sink.discard();
  }
}
