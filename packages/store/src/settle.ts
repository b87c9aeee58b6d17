import { END_CODES, type EndCode, type JobState, type Outcome } from '@crucible/contracts';

/** How an attempt ended. */
export interface Ending {
  outcome: Outcome;
  endCode: EndCode;
  detail: string | null;
  summary: unknown;
}

/** Where the end of an attempt takes its job. `endCode` is null while the job lives on. */
export interface Settlement {
  to: JobState;
  endCode: EndCode | null;
  /** before the next dispatch */
  delaySeconds: number;
}

/** Causes that may sit on the machine: another try at once would likely meet them again. */
const BACKOFF_SECONDS: Partial<Record<EndCode, number>> = { 'child-killed': 5, infrastructure: 5 };
const MAX_BACKOFF_SECONDS = 900;

/**
 * Decides what becomes of a job when its attempt ends.
 *
 * Each end code has a budget of its own; while it lasts the job queues again, with a pause that doubles for causes
 * that tend to stay. A user's wish to cancel beats any further try.
 *
 * @param state of the job, which owns the attempt: `queued` (dispatched, unclaimed), `running` or `stopping`
 * @param numEarlier attempts that ended with the same code since the job was submitted or retried by a user
 */
export function settle(state: JobState, { outcome, endCode }: Ending, numEarlier: number): Settlement {
  const end = (to: JobState, code: EndCode): Settlement => ({ to, endCode: code, delaySeconds: 0 });
  if (outcome === 'succeeded') return end('succeeded', 'ok');
  const mayRetry = numEarlier < END_CODES[endCode].retries;
  if (state === 'stopping')
    return outcome === 'canceled' || mayRetry ? end('canceled', 'canceled') : end('failed', endCode);
  if (!mayRetry) return end('failed', endCode);
  const delaySeconds = Math.min((BACKOFF_SECONDS[endCode] ?? 0) * 2 ** numEarlier, MAX_BACKOFF_SECONDS);
  return { to: 'queued', endCode: null, delaySeconds };
}
