import type { Slot, Waiting } from '@crucible/contracts';
import type pg from 'pg';

/** A queued job as the scheduler sees it. Times are milliseconds since 1970 by the database's clock. */
export interface QueuedJob {
  jobId: string;
  version: number;
  name: string;
  method: string;
  team: string;
  pool: string;
  slots: number;
  priority: number;
  submittedAt: number;
  queuedAt: number;
  /** not before this time, after a failure that is tried again; null: now */
  notBefore: number | null;
  /** an attempt is on its way to a worker */
  isDispatched: boolean;
  waiting: Waiting | null;
}

export interface PoolWorker {
  workerId: string;
  name: string;
  slots: Slot[];
  /** attempts that it has claimed */
  busy: number;
}

export interface Pool {
  name: string;
  /** slots of ready workers */
  total: number;
  /** slots taken by attempts, running on ready workers or dispatched to the pool */
  busy: number;
  /** ready ones */
  workers: PoolWorker[];
}

/** All that a scheduling pass may look at, read in one statement. */
export interface SchedulingSnapshot {
  now: number;
  /** larger priority first, then by time of submit, then by id */
  queued: QueuedJob[];
  /** every pool that has a ready worker or a queued job, by name */
  pools: Pool[];
}

const ms = (column: string): string => `floor(extract(epoch from ${column}) * 1000)`;

/** One statement sees one state of the database: a job cannot be missing from the queue and from the workers. */
const SNAPSHOT = `
  select ${ms('now()')}::float8 as now,
    (select coalesce(json_agg(json_build_object(
       'jobId', j.id, 'version', j.version, 'name', j.name, 'method', j.method, 'team', j.team_id, 'pool', j.pool, 'slots', j.slots,
       'priority', j.priority, 'submittedAt', ${ms('j.submitted_at')}, 'queuedAt', ${ms('j.queued_at')},
       'notBefore', ${ms('j.not_before')}, 'waiting', j.waiting, 'isDispatched',
       exists (select from attempt a where a.job_id = j.id and a.state = 'dispatched')
     ) order by j.priority desc, j.submitted_at, j.id), '[]') from job j where j.state = 'queued') as queued,
    (select coalesce(json_agg(json_build_object(
       'workerId', w.id, 'name', w.name, 'pool', w.pool, 'slots', w.slots,
       'busy', (select count(*) from attempt a where a.worker_id = w.id and a.state = 'running')
     ) order by w.name), '[]') from worker w where w.state = 'ready') as workers`;

interface SnapshotRow {
  now: number;
  queued: QueuedJob[];
  workers: (PoolWorker & { pool: string })[];
}

/** See {@link Scheduling.snapshot}. */
export async function readSnapshot(pool: pg.Pool): Promise<SchedulingSnapshot> {
  const { rows } = await pool.query<SnapshotRow>(SNAPSHOT);
  const [row] = rows;
  if (row === undefined) throw new Error('the snapshot has no row');
  const { now, queued, workers } = row;
  const names = new Set([...queued.map((job) => job.pool), ...workers.map((worker) => worker.pool)]);
  const pools = [...names].sort().map((name) => {
    const ready = workers.filter((worker) => worker.pool === name);
    const dispatched = queued.filter((job) => job.pool === name && job.isDispatched);
    return {
      name,
      total: ready.reduce((sum, worker) => sum + worker.slots.length, 0),
      busy: ready.reduce((sum, worker) => sum + worker.busy, 0) + dispatched.reduce((sum, job) => sum + job.slots, 0),
      workers: ready.map(({ workerId, name: workerName, slots, busy }) => ({
        workerId,
        name: workerName,
        slots,
        busy,
      })),
    };
  });
  return { now, queued, pools };
}
