import type { SchedulingPassSummary, Waiting } from '@crucible/contracts';
import type pg from 'pg';
import type { Database } from './database.ts';
import { type DispatchDecision, type DispatchedAttempt, dispatchJobs } from './dispatch.ts';
import { type PreemptDecision, preemptJobs } from './preempt.ts';
import { type QueueRow, readQueueRows } from './queue-rows.ts';
import { type ReconcileReport, reconcile } from './reconcile.ts';
import { listPasses, type NewPass, readPass, recordPass } from './scheduling-passes.ts';
import {
  readSlowFacts,
  readSnapshot,
  type SchedulingSnapshot,
  type SlowFacts,
  type SnapshotTerms,
} from './snapshot.ts';
import { requiredJson } from './stored-text.ts';
import type { TeamFilter } from './team-filter.ts';
import { chargeUse } from './team-share.ts';
import { transaction } from './transaction.ts';

export interface WaitingReason {
  jobId: string;
  waiting: Waiting;
}

/** What a pass wants done. */
export interface Decisions {
  dispatch: readonly DispatchDecision[];
  preempt: readonly PreemptDecision[];
  /** time that a preempted job gets for its last checkpoint */
  graceSeconds: number;
}

/** What of it could be done. */
export interface Applied {
  dispatched: DispatchedAttempt[];
  /** ids of the jobs that are stopping */
  preempted: string[];
}

/** What the leader does to the queue. */
export interface Scheduling {
  /** What changes slowly and is dear to read: to be kept for some seconds. */
  slowFacts(): Promise<SlowFacts>;
  snapshot(terms: SnapshotTerms, facts: SlowFacts): Promise<SchedulingSnapshot>;
  /**
   * Applies a plan in one transaction. A decision whose job, attempt or worker is no longer as it was is passed over:
   * it is met again in the next pass.
   */
  apply(decisions: Decisions): Promise<Applied>;
  /** Stores why jobs wait; writes only what changed. Returns how many did. */
  setWaiting(reasons: readonly WaitingReason[]): Promise<number>;
  /** Ends attempts whose lease ran out, announces lost dispatches again, notices silent workers. */
  reconcile(): Promise<ReconcileReport>;
  /** Moves the use of ended attempts into the shares of their teams. */
  chargeUse(halfLifeSeconds: number): Promise<void>;
  /** What a queue view shows of those of the named jobs that `team` may see, in no order. */
  queueRows(jobIds: readonly string[], team: TeamFilter): Promise<QueueRow[]>;
  recordPass(pass: NewPass): Promise<void>;
  /** Newest first. */
  passes(limit: number): Promise<SchedulingPassSummary[]>;
  /** The stored document of a pass. @throws `not-found` */
  pass(id: string): Promise<unknown>;
}

async function setWaiting(pool: pg.Pool, reasons: readonly WaitingReason[]): Promise<number> {
  if (reasons.length === 0) return 0;
  const { rowCount } = await pool.query(
    `update job j set waiting = r.waiting, version = j.version + 1
     from unnest($1::uuid[], $2::jsonb[]) as r (job_id, waiting)
     where j.id = r.job_id and j.state = 'queued' and j.waiting is distinct from r.waiting
       and not exists (select from attempt a where a.job_id = j.id and a.state <> 'ended')`,
    [reasons.map((reason) => reason.jobId), reasons.map((reason) => requiredJson(reason.waiting))],
  );
  return rowCount ?? 0;
}

export function createScheduling({ pool, leaseSeconds }: Database): Scheduling {
  return {
    slowFacts: () => readSlowFacts(pool),
    snapshot: (terms, facts) => readSnapshot(pool, terms, facts),
    apply: ({ dispatch, preempt, graceSeconds }) =>
      transaction(pool, async (client) => ({
        dispatched: await dispatchJobs(client, dispatch),
        preempted: await preemptJobs(client, preempt, graceSeconds),
      })),
    setWaiting: (reasons) => setWaiting(pool, reasons),
    reconcile: () => reconcile(pool, leaseSeconds),
    chargeUse: (halfLifeSeconds) => chargeUse(pool, halfLifeSeconds),
    queueRows: (jobIds, team) => readQueueRows(pool, jobIds, team),
    recordPass: (pass) => recordPass(pool, pass),
    passes: (limit) => listPasses(pool, limit),
    pass: (id) => readPass(pool, id),
  };
}
