import type { AttemptView, EndCode, JobState, StopIntent } from '@crucible/contracts';
import type pg from 'pg';

/** An attempt and its job, both kept as they are until the transaction ends. */
export interface LockedAttempt {
  attemptId: string;
  jobId: string;
  number: number;
  fence: number;
  state: AttemptView['state'];
  outcome: AttemptView['outcome'];
  isLeaseOver: boolean;
  jobState: JobState;
  jobFence: number;
  budgetAfterAttempt: number;
  stopIntent: StopIntent | null;
  /** the limit that made the job stop */
  stopCode: EndCode | null;
  maxFailures: number;
}

interface Row {
  id: string;
  job_id: string;
  number: number;
  fence: number;
  state: AttemptView['state'];
  outcome: AttemptView['outcome'];
  is_lease_over: boolean | null;
  job_state: JobState;
  job_fence: number;
  budget_after_attempt: number;
  stop_intent: StopIntent | null;
  stop_code: EndCode | null;
  max_failures: number;
}

/** Locks the job first and the attempt second, as every writer of both does, so that no two wait for each other. */
export async function lockAttempt(client: pg.PoolClient, attemptId: string): Promise<LockedAttempt | null> {
  await client.query('select from job where id = (select job_id from attempt where id = $1) for no key update', [
    attemptId,
  ]);
  const { rows } = await client.query<Row>(
    `select a.id, a.job_id, a.number, a.fence, a.state, a.outcome, a.lease_until < now() as is_lease_over,
       j.state as job_state, j.fence as job_fence, j.budget_after_attempt,
       j.stop_intent, j.stop_code, j.max_failures
     from attempt a join job j on j.id = a.job_id where a.id = $1 for no key update of a`,
    [attemptId],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return {
    attemptId: row.id,
    jobId: row.job_id,
    number: row.number,
    fence: row.fence,
    state: row.state,
    outcome: row.outcome,
    isLeaseOver: row.is_lease_over ?? false,
    jobState: row.job_state,
    jobFence: row.job_fence,
    budgetAfterAttempt: row.budget_after_attempt,
    stopIntent: row.stop_intent,
    stopCode: row.stop_code,
    maxFailures: row.max_failures,
  };
}
