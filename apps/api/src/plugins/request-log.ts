import type { FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyRequest {
    /** for the log: rows of a list in the answer, null for other answers */
    numRows: number | null;
    /** for the log: bytes that the connection had sent when the request came */
    sentBefore: number;
  }
}

const TRACE_ID = /^00-([0-9a-f]{32})-/;

const listIn = (payload: unknown): unknown =>
  typeof payload === 'object' && payload !== null && 'data' in payload ? payload.data : null;

const sentBy = (request: FastifyRequest): number => request.raw.socket?.bytesWritten ?? 0;

/** The job that an address names, so that all lines about it can be found. */
function jobOf(request: FastifyRequest): string | null {
  const { id } = (request.params ?? {}) as { id?: string };
  return request.routeOptions.url?.startsWith('/v1/jobs/:id') === true ? (id ?? null) : null;
}

/** Echoes the id of each request and writes one line when it is answered. */
export const requestLog = plugin(
  async (app) => {
    app.decorateRequest('numRows', null);
    app.decorateRequest('sentBefore', 0);
    app.addHook('onRequest', async (request, reply) => {
      request.sentBefore = sentBy(request);
      reply.header('x-request-id', request.id);
    });
    app.addHook('preSerialization', async (request, _reply, payload) => {
      const list = listIn(payload);
      if (Array.isArray(list)) request.numRows = list.length;
      return payload;
    });
    app.addHook('onResponse', async (request, reply) => {
      request.log.info(
        {
          method: request.method,
          route: request.routeOptions.url ?? null, // the pattern: an address may hold a name
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime * 10) / 10,
          rows: request.numRows,
          bytes: Math.max(0, sentBy(request) - request.sentBefore),
          job: jobOf(request),
          team: request.principal?.teamId ?? null,
          keyId: request.principal?.id ?? null,
          traceId: TRACE_ID.exec(request.headers.traceparent?.toString() ?? '')?.[1] ?? null,
        },
        'answered',
      );
    });
  },
  { name: 'request-log' },
);
