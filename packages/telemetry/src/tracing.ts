import type { Span, Tracer } from '@opentelemetry/api';

/** What a span may say of itself. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A step of a job's way that takes time. */
export interface TraceSpan {
  /** W3C `traceparent` of this step, for those that follow from it; that of its parent when nothing is traced */
  readonly traceparent: string | null;
  /** Ends it; with an error it counts as failed. A second call changes nothing. */
  end(outcome?: { error?: unknown; attributes?: SpanAttributes }): void;
}

/** Writes traces, or nothing. */
export interface Tracing {
  readonly isOn: boolean;
  /**
   * Starts a step.
   *
   * @param parent `traceparent` of the step from which this one follows; null begins a trace
   * @param startMs milliseconds since 1970, for a step that has begun before @defaultValue now
   */
  start(name: string, parent: string | null, attributes?: SpanAttributes, startMs?: number): TraceSpan;
  /** Sends what is left. */
  close(): Promise<void>;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-0([01])$/;

/** The header as it is, null when it is none that the W3C's recommendation allows. */
export const validTraceparent = (header: unknown): string | null =>
  typeof header === 'string' && TRACEPARENT.test(header) ? header : null;

/** Traces nothing, and hands on what it was given. */
export const NO_TRACING: Tracing = {
  isOn: false,
  start: (_name, parent) => ({ traceparent: parent, end: () => {} }),
  close: async () => {},
};

/** Time to send what is left at the end of the process. */
const CLOSE_LIMIT_MS = 2000;

/**
 * Opens tracing to an OTLP receiver over HTTP. The libraries are loaded only here: a process without an endpoint never
 * pays for them.
 *
 * @param endpoint base address, as in `OTEL_EXPORTER_OTLP_ENDPOINT`; null: nothing is traced
 * @param service name under which the spans appear
 */
export async function openTracing(endpoint: string | null, service: string): Promise<Tracing> {
  if (endpoint === null) return NO_TRACING;
  const [api, { BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({ url: new URL('v1/traces', `${endpoint.replace(/\/$/, '')}/`).href });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1000 })],
  });
  const tracer: Tracer = provider.getTracer('crucible');

  const contextOf = (parent: string | null) => {
    const [, traceId, spanId, sampled] = TRACEPARENT.exec(parent ?? '') ?? [];
    if (traceId === undefined || spanId === undefined) return api.ROOT_CONTEXT;
    return api.trace.setSpanContext(api.ROOT_CONTEXT, {
      traceId,
      spanId,
      traceFlags: sampled === '1' ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE,
      isRemote: true,
    });
  };
  const traceparentOf = (span: Span): string => {
    const { traceId, spanId, traceFlags } = span.spanContext();
    return `00-${traceId}-${spanId}-0${traceFlags & api.TraceFlags.SAMPLED}`;
  };

  return {
    isOn: true,
    start(name, parent, attributes = {}, startMs = Date.now()) {
      const span = tracer.startSpan(name, { startTime: startMs, attributes: { ...attributes } }, contextOf(parent));
      return {
        traceparent: traceparentOf(span),
        end({ error, attributes: more = {} } = {}) {
          if (!span.isRecording()) return;
          span.setAttributes({ ...more });
          if (error !== undefined)
            span.setStatus({
              code: api.SpanStatusCode.ERROR,
              message: error instanceof Error ? error.message : String(error),
            });
          span.end();
        },
      };
    },
    async close() {
      const limit = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_LIMIT_MS).unref());
      await Promise.race([provider.shutdown(), limit]).catch(() => {}); // a receiver that is away must not hold up the end
    },
  };
}
