import type { Waiting } from '@crucible/contracts';
import type { RankedJob } from './precedence.ts';
import type { BlockedJob, QueuedJob, WaitingJob } from './snapshot.ts';

/** Most ids in `blocking`. */
const MAX_BLOCKING = 10;

/** What a pass found out about one job that it left waiting. */
export interface Finding {
  ranked: RankedJob;
  /** why it may not start whatever is free; null: it only needs slots */
  quota: 'team-quota' | 'user-quota' | null;
  /** there are free slots for it, which are kept for these jobs */
  keptFor: readonly string[] | null;
}

/** The surroundings that a reason may speak of. */
export interface PoolFacts {
  pool: string;
  /** slots of the largest worker; 0: no worker is ready */
  largest: number;
  /** jobs whose end the first in line waits for, first one to end first */
  nextToEnd: readonly string[];
  /** live jobs of a team, for quotas */
  heldByTeam: ReadonlyMap<string, readonly string[]>;
  /** first jobs whose reason names the jobs in their way */
  numWithBlocking: number;
}

/** A reason without its place in line. */
export type Reason = Pick<WaitingJob, 'code' | 'message' | 'blocking'>;

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const reason = (code: Waiting['code'], message: string, blocking: readonly string[] = []): Reason => ({
  code,
  message,
  blocking: blocking.slice(0, MAX_BLOCKING),
});

/** Gives the jobs of one pool their reasons, in the order in which they will be served. */
export function reasonsFor(order: readonly Finding[], facts: PoolFacts): Reason[] {
  /** the last job before this one of each team and user */
  const lastOfTeam = new Map<string, string>();
  return order.map((finding, index) => {
    const { job } = finding.ranked;
    const ahead = lastOfTeam.get(job.team);
    const found = reasonOf(finding, index, ahead, order, facts);
    lastOfTeam.set(job.team, job.id);
    return index < facts.numWithBlocking ? found : { ...found, blocking: [] };
  });
}

function reasonOf(
  { ranked: { job, tier }, quota, keptFor }: Finding,
  index: number,
  ahead: string | undefined,
  order: readonly Finding[],
  { pool, largest, nextToEnd, heldByTeam }: PoolFacts,
): Reason {
  if (largest === 0) return reason('pool-offline', `Pool ${pool} has no ready worker.`);
  if (job.slots > largest)
    return reason(
      'no-fit',
      `It needs ${plural(job.slots, 'slot')} on one worker; the largest ready one of pool ${pool} has ${largest}.`,
    );
  if (quota === 'team-quota')
    return reason(quota, `Team ${job.team} holds all the slots that it may hold at once.`, heldByTeam.get(job.team));
  if (quota === 'user-quota')
    return reason(
      quota,
      `Its user holds all the slots that one user of team ${job.team} may hold at once.`,
      heldByTeam.get(job.team),
    );
  if (keptFor !== null)
    return reason('reservation', 'Free slots are kept for a job that needs several and has waited long.', keptFor);
  if (job.tier !== tier)
    return reason(
      'urgent-budget',
      `Team ${job.team} has spent its urgent hours of the week; the job waits as a ${tier} one.`,
    );
  if (index === 0)
    return reason(
      'resources',
      `First in line in pool ${pool}; no worker has ${plural(job.slots, 'free slot')}.`,
      nextToEnd,
    );
  if (ahead !== undefined) return reason('priority', `Other jobs of team ${job.team} go first.`, [ahead]);
  const before = order.slice(Math.max(0, index - MAX_BLOCKING), index).map(({ ranked }) => ranked.job.id);
  return reason('fair-share', 'Jobs of other teams go first, by their tier or by what their team is owed.', before);
}

/** The reason of a job that waits for a time. */
export const pausedReason = (job: QueuedJob): Reason => {
  const time = new Date(job.notBefore ?? 0).toISOString();
  return job.hasFailed
    ? reason('backoff', `Tries again at ${time}, after a failed attempt.`)
    : reason('not-before', `Starts at ${time} or later.`);
};

/** The reason of a job that waits for other jobs. */
export const blockedReason = ({ needs }: BlockedJob): Reason =>
  reason('dependency', `Waits for the end of ${plural(needs.length, 'job')} that it needs.`, needs);
