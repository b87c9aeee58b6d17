import { createHash } from 'node:crypto';
import { CrucibleError } from '@crucible/contracts';
import type { Answer, IdempotentRequest } from '@crucible/store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalOf } from './plugins/auth.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;

/** The document with the keys of every object in order, so that two spellings of one body are one. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, canonical(member)]),
  );
}

/** SHA-256 of the canonical JSON of `body`, in hex. */
export const fingerprintOf = (body: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(canonical(body ?? null)))
    .digest('hex');

/**
 * What the store needs to carry a command out once, from the `Idempotency-Key` header; undefined without one.
 * Its scope is the API key and the path: the same key on another job is another command.
 *
 * @throws CrucibleError `invalid-request` for a key that is empty, too long or not printable
 */
export function idempotentRequest(request: FastifyRequest): IdempotentRequest | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !KEY.test(key))
    throw new CrucibleError('invalid-request', 'Idempotency-Key must be 1 to 200 printable characters, no spaces.');
  return {
    principal: principalOf(request).id,
    route: `${request.method} ${request.url.split('?')[0]}`,
    key,
    fingerprint: fingerprintOf(request.body),
  };
}

/** The value of a command's answer; tells the client when it is that of an earlier request. */
export function replayable<T>(reply: FastifyReply, answer: Answer<T>): T {
  if (answer.isReplayed) reply.header('idempotency-replayed', 'true');
  return answer.value;
}
