import type { Database } from './database.ts';

/** What the trace of an attempt begins with. */
export interface AttemptTrace {
  attemptId: string;
  jobId: string;
  /** W3C `traceparent` of the job's submit */
  traceparent: string;
  /** when its dispatch was decided, milliseconds since 1970 */
  dispatchedAtMs: number;
}

/** Where traces of jobs are kept: a job is one trace over all its attempts. */
export interface Traces {
  /** Of those attempts whose jobs are traced. */
  ofAttempts(attemptIds: readonly string[]): Promise<AttemptTrace[]>;
}

export function createTraces({ pool }: Database): Traces {
  return {
    async ofAttempts(attemptIds) {
      const { rows } = await pool.query<AttemptTrace>(
        `select a.id as "attemptId", a.job_id as "jobId", j.traceparent,
           (extract(epoch from a.dispatched_at) * 1000)::float8 as "dispatchedAtMs"
         from attempt a join job j on j.id = a.job_id
         where a.id = any($1::uuid[]) and j.traceparent is not null`,
        [attemptIds],
      );
      return rows;
    },
  };
}
