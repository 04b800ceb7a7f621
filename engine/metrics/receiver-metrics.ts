import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { boundedLabel } from './bounded-label.ts';

/** What the receiver's side tells the metrics. No UID, no calling AE title, no address: a peer chooses those. */
export interface ReceiverMetrics {
  /** An association was accepted. */
  opened(): void;
  /** One was rejected: result, source and reason of PS3.8 Table 9-21, such as "2/3/2". */
  rejected(code: string): void;
  /** An accepted one ended. */
  closed(end: { readonly how: AssociationEnding; readonly seconds: number }): void;
  /** A whole dataset was taken and answered; `seconds` from its last byte to the answer. */
  answered(answer: { readonly calledAeTitle: string; readonly status: number; readonly sizeBytes: number; readonly seconds: number }): void;
  /** Instances were answered whose data was not taken. */
  refused(refusal: { readonly calledAeTitle: string; readonly status: number; readonly times: number }): void;
}

type AssociationEnding = (typeof endings)[number];
const endings = ['released', 'aborted', 'lost', 'timeout'] as const;

/** From a sync that a cache absorbs to a disk that hangs. */
const storeBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** From a presentation state to a long multi-frame. */
const sizeBuckets = [1e4, 1e5, 2.5e5, 5e5, 1e6, 5e6, 1e7, 5e7, 1e8, 5e8, 1e9, 4e9];
/** From a C-ECHO to a modality that keeps one all day. */
const associationBuckets = [0.01, 0.1, 0.5, 1, 5, 15, 30, 60, 300, 900, 3_600, 14_400];

export function createReceiverMetrics(registry: Registry, isCalledAeTitle: (title: string) => boolean): ReceiverMetrics {
  const registers = [registry];
  const associations = new Counter({
    name: 'gantry_associations_total',
    help: 'Accepted associations that have ended, by how.',
    labelNames: ['how'],
    registers,
  });
  // Present from the start: a counter that appears with its first event has no increase that an alert could see.
  for (const how of endings) associations.inc({ how }, 0);
  const rejections = new Counter({
    name: 'gantry_associations_rejected_total',
    help: 'Associations rejected, by result/source/reason of PS3.8 Table 9-21.',
    labelNames: ['code'],
    registers,
  });
  const open = new Gauge({ name: 'gantry_associations_open', help: 'Accepted associations that are open now.', registers });
  const instances = new Counter({
    name: 'gantry_instances_received_total',
    help: 'C-STORE requests answered, by called AE title and status in hex.',
    labelNames: ['called_ae_title', 'status'],
    registers,
  });
  const bytes = new Counter({
    name: 'gantry_received_bytes_total',
    help: 'Bytes of datasets received whole, whatever was answered.',
    registers,
  });
  const store = new Histogram({
    name: 'gantry_instance_store_seconds',
    help: 'From the last byte of a dataset to its answer: synced, recorded, or failed.',
    buckets: storeBuckets,
    registers,
  });
  const size = new Histogram({
    name: 'gantry_instance_size_bytes',
    help: 'Sizes of datasets received whole.',
    buckets: sizeBuckets,
    registers,
  });
  const duration = new Histogram({
    name: 'gantry_association_seconds',
    help: 'How long accepted associations lasted.',
    buckets: associationBuckets,
    registers,
  });

  const titleOf = boundedLabel(isCalledAeTitle);
  const count = (calledAeTitle: string, status: number, times: number): void =>
    instances.inc({ called_ae_title: titleOf(calledAeTitle), status: status.toString(16).toUpperCase().padStart(4, '0') }, times);

  return {
    opened: () => open.inc(),
    rejected: (code) => rejections.inc({ code }),
    closed({ how, seconds }) {
      open.dec();
      associations.inc({ how });
      duration.observe(seconds);
    },
    answered({ calledAeTitle, status, sizeBytes, seconds }) {
      count(calledAeTitle, status, 1);
      bytes.inc(sizeBytes);
      size.observe(sizeBytes);
      store.observe(seconds);
    },
    refused: ({ calledAeTitle, status, times }) => count(calledAeTitle, status, times),
  };
}
