export { createMetrics, formatMetrics, type Metrics, type MetricsOptions, type MetricsSnapshot } from './metrics.ts';
export type { ReceiverMetrics } from './receiver-metrics.ts';
