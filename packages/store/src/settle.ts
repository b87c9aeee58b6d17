import { END_CODES, type EndCode, type JobState, type Outcome, type StopIntent } from '@crucible/contracts';
import { backoffSeconds } from './backoff.ts';

/** How an attempt ended. */
export interface Ending {
  outcome: Outcome;
  endCode: EndCode;
  detail: string | null;
  summary: unknown;
}

/** The job whose attempt ended, as it was before. */
export interface SettledJob {
  jobId: string;
  /** of the attempt */
  number: number;
  /** `queued` (dispatched, unclaimed), `running` or `stopping` */
  jobState: JobState;
  stopIntent: StopIntent | null;
  /** the limit that made it stop; null: a user or the scheduler did */
  stopCode: EndCode | null;
  maxFailures: number;
}

/** The attempts before, since the job was submitted or a user retried it. */
export interface History {
  /** that ended with the same code */
  numEarlier: number;
  /** names of the different workers that were lost, or lost their child, with this attempt's */
  lostOn: readonly string[];
}

/** Where the end of an attempt takes its job. `endCode` is null while the job lives on. */
export interface Settlement {
  to: JobState;
  endCode: EndCode | null;
  /** what went wrong where the ending itself does not say it */
  detail: string | null;
  /** before the next dispatch */
  delaySeconds: number;
}

/** So many different workers are enough to blame the job. */
export const POISON_WORKERS = 3;
/** Ends in which the job may have taken its worker or its child down. */
export const POISON_CODES = ['worker-lost', 'child-killed'] as const satisfies readonly EndCode[];

const stay = (to: JobState): Settlement => ({ to, endCode: null, detail: null, delaySeconds: 0 });
const end = (to: JobState, endCode: EndCode, detail: string | null = null): Settlement => ({
  to,
  endCode,
  detail,
  delaySeconds: 0,
});

/** True when nobody is to blame: the attempt did what it was asked to. */
const isObeyed = (outcome: Outcome): boolean => ['canceled', 'paused', 'preempted', 'released'].includes(outcome);

const budgetOf = (code: EndCode, { maxFailures }: SettledJob): number =>
  code === 'method-error' ? maxFailures : END_CODES[code].retries;

/**
 * Decides what becomes of a job when its attempt ends.
 *
 * Success stands, whatever was asked. So does a failure that is not tried again, unless the worker was lost while it
 * ended a job for good. Everything else goes where the one who stopped the job wanted it, also when the worker was
 * lost before it obeyed: a canceled job ends, a paused one waits for its user, a preempted one is queued at its old
 * place. A job that nobody stopped is tried again after a pause.
 */
export function settle(job: SettledJob, { outcome, endCode }: Ending, { numEarlier, lostOn }: History): Settlement {
  if (outcome === 'succeeded') return end('succeeded', 'ok');
  const wantsEnd = job.stopIntent === 'cancel' || job.stopIntent === 'kill';
  if (wantsEnd && outcome !== 'failed') return stopped(job.stopCode);
  if (lostOn.length >= POISON_WORKERS)
    return end('failed', 'poison', `Lost on ${lostOn.join(', ')}; the last time: ${END_CODES[endCode].meaning}.`);
  if (!isObeyed(outcome) && numEarlier >= budgetOf(endCode, job)) return end('failed', endCode);
  if (wantsEnd) return stopped(job.stopCode);
  if (job.stopIntent === 'pause') return stay('paused');
  if (job.stopIntent === 'preempt') return stay('queued');
  return { ...stay('queued'), delaySeconds: backoffSeconds(endCode, numEarlier, job) };
}

const stopped = (limit: EndCode | null): Settlement =>
  limit === null ? end('canceled', 'canceled') : end('failed', limit);
