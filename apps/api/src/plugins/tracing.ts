import { type TraceSpan, type Tracing, validTraceparent } from '@crucible/telemetry';
import type { FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Does `work` as the step `submit`, from which the whole trace of a job follows; it follows from the caller's own
     * step when the request has a `traceparent`.
     */
    traceSubmit<T>(request: FastifyRequest, work: (span: TraceSpan) => Promise<T>): Promise<T>;
  }
}

/** The first step of a job's trace. */
export const tracingPlugin = plugin<{ tracing: Tracing }>(
  async (app, { tracing }) => {
    app.decorate('traceSubmit', async (request, work) => {
      const parent = validTraceparent(request.headers.traceparent);
      const span = tracing.start('submit', parent, { 'crucible.request': request.id });
      try {
        const result = await work(span);
        span.end();
        return result;
      } catch (error) {
        span.end({ error });
        throw error;
      }
    });
  },
  { name: 'tracing' },
);
