import { createMetrics, type Metrics } from './metrics.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

/** What a process tells its operators, besides its log. */
export interface Telemetry {
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

/** Metrics that nobody scrapes, and no traces. */
export const quietTelemetry = (process: 'api' | 'worker'): Telemetry => ({
  metrics: createMetrics(process),
  tracing: NO_TRACING,
});
