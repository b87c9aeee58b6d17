import { CrucibleError } from '@crucible/contracts';
import type pg from 'pg';
import type { Database } from './database.ts';
import { isLockTimeout } from './database-error.ts';
import { requiredJson } from './stored-text.ts';
import { transaction } from './transaction.ts';

/** A command that a client may send again with the same key, see the `Idempotency-Key` header. */
export interface IdempotentRequest {
  /** id of the API key that asks */
  principal: string;
  /** method and path of the request: `POST /v1/jobs`, `POST /v1/jobs/ID/cancel` */
  route: string;
  key: string;
  /** SHA-256 of the canonical body */
  fingerprint: string;
}

/** What a command answers; `isReplayed` when it was carried out by an earlier request with the same key. */
export interface Answer<T> {
  value: T;
  isReplayed: boolean;
}

/** The stored answers, which live for a day. They are written in the transaction of the effect. */
export interface Idempotency {
  /** Deletes answers past their day; returns how many. */
  sweep(): Promise<number>;
}

/**
 * Runs `effect` in a transaction, at most once per key: a request with a known key gets the first answer.
 * The key is taken before the effect, so that a second request waits for the first; an effect that throws leaves
 * no trace, and its key can be used again.
 *
 * @throws `idempotency-mismatch` when the key came with another body; `idempotency-in-flight` when the first
 *   request takes too long to wait for
 */
export function answerOnce<T>(
  pool: pg.Pool,
  request: IdempotentRequest | undefined,
  effect: (client: pg.PoolClient) => Promise<T>,
): Promise<Answer<T>> {
  return transaction(pool, async (client) => {
    if (request === undefined) return { value: await effect(client), isReplayed: false };
    if (!(await takeKey(client, request))) return { value: await storedAnswer<T>(client, request), isReplayed: true };
    const value = await effect(client);
    await client.query(
      'update idempotent_answer set answer = $4::json where principal = $1 and route = $2 and key = $3',
      [request.principal, request.route, request.key, requiredJson(value)],
    );
    return { value, isReplayed: false };
  });
}

/** True when the key is new or past its day. */
async function takeKey(client: pg.PoolClient, request: IdempotentRequest): Promise<boolean> {
  try {
    const { rowCount } = await client.query(
      `insert into idempotent_answer as known (principal, route, key, fingerprint, expires_at)
       values ($1, $2, $3, $4, now() + interval '1 day')
       on conflict (principal, route, key) do update
         set fingerprint = excluded.fingerprint, expires_at = excluded.expires_at, answer = null
         where known.expires_at < now()`,
      [request.principal, request.route, request.key, request.fingerprint],
    );
    return rowCount === 1;
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    const message = `The first request with the key ${request.key} is still being answered; try again in a second.`;
    throw new CrucibleError('idempotency-in-flight', message, { cause: error });
  }
}

async function storedAnswer<T>(client: pg.PoolClient, request: IdempotentRequest): Promise<T> {
  const { rows } = await client.query<{ fingerprint: string; answer: T }>(
    'select fingerprint, answer from idempotent_answer where principal = $1 and route = $2 and key = $3',
    [request.principal, request.route, request.key],
  );
  const [known] = rows;
  if (known === undefined) throw new CrucibleError('idempotency-in-flight', 'The stored answer has just expired.');
  if (known.fingerprint !== request.fingerprint) {
    const message = `The key ${request.key} was used with another body; use a new key for a new request.`;
    throw new CrucibleError('idempotency-mismatch', message);
  }
  return known.answer;
}

export const createIdempotency = ({ pool }: Database): Idempotency => ({
  async sweep() {
    const { rowCount } = await pool.query('delete from idempotent_answer where expires_at < now()');
    return rowCount ?? 0;
  },
});
