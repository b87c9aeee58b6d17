import { setTimeout as delay } from 'node:timers/promises';
import { CrucibleError } from '@crucible/contracts';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;
/** Tries for an error that nothing is known of: it may be an outage in a new dress, or it may never pass. */
const TRIES_WHEN_UNKNOWN = 6;

/** Connection errors of Node, SQLSTATE classes for connection, resources, locks, operator and rollback, and Prisma's. */
const TRANSIENT_CODE =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|08...|40...|53...|55P03|57...|P10(01|02|08|17)|P2024|P2028)$/;
/** The Postgres client says some of them in words alone. */
const TRANSIENT_MESSAGE =
  /connection terminated|connection timeout|timeout exceeded when trying to connect|connection error/i;

export interface RetryOptions {
  /** ends the waiting: the call then rejects with the abort's reason */
  signal: AbortSignal;
  /** told before each wait */
  onWait?: (error: unknown, waitMs: number) => void;
  /** @defaultValue a timer; rejects when the signal aborts */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const timer = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal });

/**
 * Calls `action` until it succeeds. Errors that an outage explains are retried for as long as it lasts, others a few
 * times, and refusals with a code that is not retryable never.
 */
export async function retrying<T>(
  action: () => Promise<T>,
  { signal, onWait, wait = timer }: RetryOptions,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      const kind = kindOf(error);
      if (kind === 'refusal' || (kind === 'unknown' && tries >= TRIES_WHEN_UNKNOWN)) throw error;
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
      onWait?.(error, waitMs);
      await wait(waitMs, signal).catch(() => signal.throwIfAborted());
    }
  }
}

function kindOf(error: unknown): 'outage' | 'refusal' | 'unknown' {
  if (error instanceof CrucibleError) {
    // Batches go out one at a time and in order, so a gap cannot close by itself.
    if (error.code === 'sequence-gap') return 'refusal';
    if (error.code === 'internal') return 'unknown';
    return error.retryable ? 'outage' : 'refusal';
  }
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const isOutage = TRANSIENT_CODE.test(String(code)) || TRANSIENT_MESSAGE.test(String(message));
  return isOutage ? 'outage' : 'unknown';
}
