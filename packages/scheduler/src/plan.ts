import type { Plan, PoolSlots, QueuedJob, Snapshot, WaitingJob } from './snapshot.ts';

/** Larger priority first, then the earlier submit, then the id so that the order is total. */
const byPrecedence = (a: QueuedJob, b: QueuedJob): number =>
  b.priority - a.priority || a.submittedAt - b.submittedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Splits one pool's queue into those on their way, those that may start, and those in backoff, each in order. */
const sorted = (jobs: readonly QueuedJob[], now: number) => {
  const isBackingOff = (job: QueuedJob): boolean => job.notBefore !== null && job.notBefore > now;
  const waiting = jobs.filter((job) => !job.isDispatched).sort(byPrecedence);
  return {
    dispatched: jobs.filter((job) => job.isDispatched).sort(byPrecedence),
    eligible: waiting.filter((job) => !isBackingOff(job)),
    backingOff: waiting
      .filter(isBackingOff)
      .sort((a, b) => (a.notBefore ?? 0) - (b.notBefore ?? 0) || byPrecedence(a, b)),
  };
};

/** The pass over one pool. Messages hold no number that changes by itself, so that they are written only on change. */
function planPool(pool: string, slots: PoolSlots | undefined, jobs: readonly QueuedJob[], now: number): Plan {
  const dispatch: string[] = [];
  const waiting: WaitingJob[] = [];
  const { dispatched, eligible, backingOff } = sorted(jobs, now);
  const total = slots?.total ?? 0;
  let free = slots?.free ?? 0;
  let isBlocked = false;

  const wait = (job: QueuedJob, code: WaitingJob['code'], message: string): void => {
    waiting.push({ jobId: job.id, code, message, position: waiting.length + 1 });
  };

  for (const job of dispatched) wait(job, 'dispatched', `Handed to pool ${pool}; a worker is about to claim it.`);
  let ahead = 0;
  for (const job of eligible) {
    // Once one job does not fit, none behind it may start: a job of many slots would starve otherwise.
    if (!isBlocked && job.slots <= free) {
      free -= job.slots;
      dispatch.push(job.id);
      continue;
    }
    isBlocked = true;
    if (total === 0) wait(job, 'pool-offline', `Pool ${pool} has no ready worker.`);
    else if (ahead === 0)
      wait(job, 'resources', `Next in pool ${pool}; needs ${plural(job.slots, 'free slot')} of ${total}.`);
    else wait(job, 'priority', `${plural(ahead, 'job')} of pool ${pool} ${ahead === 1 ? 'goes' : 'go'} first.`);
    ahead += 1;
  }
  for (const job of backingOff)
    wait(job, 'backoff', `Tries again at ${new Date(job.notBefore ?? now).toISOString()}, after a failed attempt.`);
  return { dispatch, waiting };
}

/**
 * Decides which queued jobs start now and why the others wait.
 *
 * A pure function of its two arguments. In each pool jobs go by priority (larger first), then by the time they were
 * submitted, then by id, and never take more than the free slots.
 *
 * @param now milliseconds since 1970, of the clock that the snapshot's times come from
 */
export function plan(snapshot: Snapshot, now: number): Plan {
  const slotsOf = new Map(snapshot.pools.map((pool) => [pool.pool, pool]));
  const whole: Plan = { dispatch: [], waiting: [] };
  const jobsOf = new Map<string, QueuedJob[]>();
  for (const job of snapshot.jobs) {
    const jobs = jobsOf.get(job.pool);
    if (jobs === undefined) jobsOf.set(job.pool, [job]);
    else jobs.push(job);
  }
  for (const [pool, jobs] of jobsOf) {
    const part = planPool(pool, slotsOf.get(pool), jobs, now);
    whole.dispatch.push(...part.dispatch);
    whole.waiting.push(...part.waiting);
  }
  return whole;
}
