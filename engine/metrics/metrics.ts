import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import { createReceiverMetrics, type ReceiverMetrics } from './receiver-metrics.ts';
import { type Space, watchSpace } from './storage-metrics.ts';

/** A registry as plain data, which may go from one thread to another. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

export interface MetricsOptions {
  /** Whether an AE title is one of ours, as known now: others are not told apart, so that no peer can grow the metrics. */
  isCalledAeTitle(title: string): boolean;
  /** Asked at each scrape. Absent: another thread's metrics tell of storage. */
  space?(): Promise<Space>;
}

export interface Metrics {
  readonly receiver: ReceiverMetrics;
  snapshot(): Promise<MetricsSnapshot>;
}

/** What Prometheus is told of a thread of the engine: names, types and units as https://prometheus.io/docs/practices/naming/ has them. */
export function createMetrics({ isCalledAeTitle, space }: MetricsOptions): Metrics {
  // One of its own: the library's global one would join the engines of one process.
  const registry = new Registry();
  if (space !== undefined) watchSpace(registry, space);
  return {
    receiver: createReceiverMetrics(registry, isCalledAeTitle),
    snapshot: () => registry.getMetricsAsJSON(),
  };
}

/** The text format 0.0.4 of the snapshots of all threads: counters, histograms and gauges of one name and labels are summed. */
export function formatMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate([...snapshots]).metrics();
}
