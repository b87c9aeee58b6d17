export { hideSecrets, LOG_SECRETS } from './log-secrets.ts';
export { METRICS, type MetricName } from './metric-table.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { type MetricsServer, serveMetrics } from './metrics-server.ts';
export { quietTelemetry, type Telemetry } from './telemetry.ts';
export { NO_TRACING, openTracing, type TraceSpan, type Tracing, validTraceparent } from './tracing.ts';
