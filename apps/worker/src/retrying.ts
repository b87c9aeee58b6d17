import { setTimeout as delay } from 'node:timers/promises';
import { CrucibleError } from '@crucible/contracts';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;
/** Tries for an error that nothing is known of: it may be an outage in a new dress, or it may never pass. */
const TRIES_WHEN_UNKNOWN = 6;

/** Connection errors of Node, and SQLSTATE classes for connection, resources, operator and rollback. */
const TRANSIENT_CODE =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|08...|53...|57...|40...)$/;

export interface RetryOptions {
  /** ends the waiting: the call then rejects with the abort's reason */
  signal: AbortSignal;
  /** told before each wait */
  onWait?: (error: unknown, waitMs: number) => void;
}

/**
 * Calls `action` until it succeeds. Errors that an outage explains are retried for as long as it lasts, others a few
 * times, and refusals with a code that is not retryable never.
 */
export async function retrying<T>(action: () => Promise<T>, { signal, onWait }: RetryOptions): Promise<T> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      const kind = kindOf(error);
      if (kind === 'refusal' || (kind === 'unknown' && tries >= TRIES_WHEN_UNKNOWN)) throw error;
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
      onWait?.(error, waitMs);
      await delay(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
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
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && TRANSIENT_CODE.test(code) ? 'outage' : 'unknown';
}
