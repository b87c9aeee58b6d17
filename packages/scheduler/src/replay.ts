import { plan } from './plan.ts';
import type { SchedulingPolicy } from './policy.ts';
import { ShareLedger } from './share.ts';
import type { Plan, Snapshot } from './snapshot.ts';

/** A recorded pass: what was seen and what was decided. */
export interface RecordedPass {
  /** milliseconds since 1970 */
  now: number;
  policy: SchedulingPolicy;
  snapshot: Snapshot;
  plan: Plan;
}

/** What became of one job in a pass, in a line. */
export interface Explanation {
  jobId: string;
  team: string;
  tier: string;
  /** `start`, `stop` or the code of its reason */
  decision: string;
  why: string;
}

/** How a team stood before the pass. */
export interface Standing {
  team: string;
  weight: number;
  heldSlots: number;
  /** decayed slot-seconds and held slots over the weight: the smallest goes first */
  share: number;
}

export interface Replay {
  now: number;
  /** the plan comes out again as it was recorded */
  isSame: boolean;
  plan: Plan;
  standings: Standing[];
  jobs: Explanation[];
}

function explain({ dispatch, preempt, reservations, waiting }: Plan, { jobs, held, workers, blocked }: Snapshot) {
  const jobOf = new Map(jobs.map((job) => [job.id, job]));
  const heldOf = new Map(held.map((each) => [each.jobId, each]));
  const nameOf = new Map(workers.map(({ id, name }) => [id, name]));
  const at = (workerId: string): string => nameOf.get(workerId) ?? workerId;
  const keptFor = new Map(reservations.map((kept) => [kept.jobId, kept]));
  const blockedIds = new Set(blocked.map(({ id }) => id));
  return [
    ...dispatch.map(({ jobId, workerId, tier }): Explanation => {
      const why = `starts on ${at(workerId)}, in tier ${tier}`;
      return { jobId, team: jobOf.get(jobId)?.team ?? '', tier, decision: 'start', why };
    }),
    ...preempt.map(({ jobId, forJobId, workerId }): Explanation => {
      const victim = heldOf.get(jobId);
      const why = `gives its slots on ${at(workerId)} to job ${forJobId}`;
      return { jobId, team: victim?.team ?? '', tier: victim?.tier ?? '', decision: 'stop', why };
    }),
    ...waiting.map(({ jobId, code, message, position }): Explanation => {
      const kept = keptFor.get(jobId);
      const more = kept === undefined ? '' : ` ${kept.slots} slots of ${at(kept.workerId)} are kept for it.`;
      const job = jobOf.get(jobId);
      const tier = job?.tier ?? (blockedIds.has(jobId) ? 'blocked' : '');
      return { jobId, team: job?.team ?? '', tier, decision: code, why: `${position}. in line. ${message}${more}` };
    }),
  ];
}

/** Plans a recorded pass again and explains, job by job, what was decided. */
export function replay({ now, policy, snapshot, plan: recorded }: RecordedPass): Replay {
  const again = plan(snapshot, now, policy);
  const ledger = new ShareLedger(snapshot.teams, snapshot.held, policy);
  return {
    now,
    isSame: JSON.stringify(again) === JSON.stringify(recorded),
    plan: again,
    standings: snapshot.teams
      .map(({ id }) => ledger.account(id))
      .map(({ team, held, share }) => ({ team: team.id, weight: team.weight, heldSlots: held, share }))
      .sort((a, b) => a.share - b.share),
    jobs: explain(again, snapshot),
  };
}
