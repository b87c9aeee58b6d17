import type { QueueView, Waiting } from '@crucible/contracts';
import type pg from 'pg';
import type { Database } from './database.ts';
import { type DispatchDecision, type DispatchedAttempt, dispatchJobs } from './dispatch.ts';
import { type ReconcileReport, reconcile } from './reconcile.ts';
import { readSnapshot, type SchedulingSnapshot } from './snapshot.ts';
import { requiredJson } from './stored-text.ts';
import type { TeamFilter } from './team-filter.ts';

export interface WaitingReason {
  jobId: string;
  waiting: Waiting;
}

/** What the leader does to the queue. */
export interface Scheduling {
  snapshot(): Promise<SchedulingSnapshot>;
  /**
   * Creates an attempt with a new fence and an outbox row for each decision whose job is still as it was,
   * in one transaction; the others are passed over.
   */
  dispatch(decisions: readonly DispatchDecision[]): Promise<DispatchedAttempt[]>;
  /** Stores why jobs wait; writes only what changed. Returns how many did. */
  setWaiting(reasons: readonly WaitingReason[]): Promise<number>;
  /** Ends attempts whose lease ran out, announces lost dispatches again, notices silent workers. */
  reconcile(): Promise<ReconcileReport>;
  /** The queue for readers, next job first: the jobs of a team with their places among those of all. */
  queue(team: TeamFilter): Promise<QueueView>;
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

/** Jobs that no pass has looked at yet have no reason; their place is known all the same. */
function toQueueView({ queued, pools }: SchedulingSnapshot, team: TeamFilter): QueueView {
  const all = queued.map((job, i) => ({ ...job, position: i + 1 }));
  const shown = all.filter((job) => team === null || team === job.team);
  return {
    data: shown.map(({ jobId, name, method, priority, queuedAt, waiting, position }) => ({
      jobId,
      name,
      method,
      priority,
      queuedAt: new Date(queuedAt).toISOString(),
      waiting: waiting ?? {
        code: 'priority',
        message: 'waits for the next scheduling pass',
        position,
        estimatedStart: null,
        blocking: [],
      },
    })),
    slots: {
      total: pools.reduce((sum, pool) => sum + pool.total, 0),
      busy: pools.reduce((sum, pool) => sum + pool.busy, 0),
    },
  };
}

export function createScheduling({ pool, leaseSeconds }: Database): Scheduling {
  return {
    snapshot: () => readSnapshot(pool),
    dispatch: (decisions) => dispatchJobs(pool, decisions),
    setWaiting: (reasons) => setWaiting(pool, reasons),
    reconcile: () => reconcile(pool, leaseSeconds),
    queue: async (team) => toQueueView(await readSnapshot(pool), team),
  };
}
