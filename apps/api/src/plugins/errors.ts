import type { Socket } from 'node:net';
import { CrucibleError } from '@crucible/contracts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { PROBLEM_TYPE, problemOf, toCrucibleError } from '../problem-of.ts';

/** Seconds after which a client may repeat what failed for a passing reason. */
const RETRY_AFTER_SECONDS = '1';

/** Answers with the problem of `error`; logs what is our fault, with its cause. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toCrucibleError(error);
  if (known.status >= 500) request.log.error({ err: known.code === 'internal' ? (known.cause ?? known) : known });
  if (known.retryable && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER_SECONDS);
  if (known.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer realm="crucible"');
  reply.header('x-request-id', request.id); // errors of the framework come before the hook that sets it
  // A route that had promised another type (a download, a page) must not keep its headers.
  for (const header of ['content-length', 'content-disposition', 'etag']) reply.removeHeader(header);
  return reply.code(known.status).type(PROBLEM_TYPE).send(problemOf(known, request.id));
}

/** Answer to bytes that are no HTTP request: there is no reply object yet, only the socket. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const isTooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const body = JSON.stringify(
    problemOf(
      new CrucibleError(
        'invalid-request',
        isTooLarge ? 'The headers of the request are too large.' : 'This is not a well-formed HTTP request.',
      ),
      '',
    ),
  );
  socket.end(
    `HTTP/1.1 ${isTooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'}\r\n` +
      `Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Every error leaves as `application/problem+json` with a stable code. */
export const errors = plugin(
  async (app) => {
    app.setErrorHandler((error: FastifyError, request, reply) => sendProblem(error, request, reply));
  },
  { name: 'errors' },
);
