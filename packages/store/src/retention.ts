import type pg from 'pg';
import type { Database } from './database.ts';
import { allowLongStatements } from './long-statement.ts';
import { transaction } from './transaction.ts';

/** Days for which things are kept; 0: for ever. */
export interface RetentionDays {
  /** points of curves, after their job has ended; what is known of the series stays */
  points: number;
  /** log lines, after their job has ended */
  logs: number;
  /** events of the change feed */
  events: number;
}

/** Rows that were deleted. */
export type RetentionReport = RetentionDays;

/** Old things go, so that the database does not grow for ever. */
export interface Retention {
  /** Deletes what is older than it is to be kept. */
  sweep(days: RetentionDays): Promise<RetentionReport>;
}

/** Jobs whose rows one transaction deletes; a job may have millions of points. */
const JOBS_AT_ONCE = 10;
const EVENTS_AT_ONCE = 10_000;

const KINDS = {
  points: {
    until: 'points_until',
    deletes: [
      `delete from metric_rollup r using series s join job j on j.id = s.job_id
       where r.series_id = s.id and j.ended_at > $1 and j.ended_at <= $2`,
      `delete from metric_point p using series s join job j on j.id = s.job_id
       where p.series_id = s.id and j.ended_at > $1 and j.ended_at <= $2`,
    ],
  },
  logs: {
    until: 'logs_until',
    deletes: ['delete from log_line l using job j where l.job_id = j.id and j.ended_at > $1 and j.ended_at <= $2'],
  },
} as const;

export function createRetention({ pool }: Database): Retention {
  return {
    sweep: async ({ points, logs, events }) => ({
      points: points === 0 ? 0 : await sweepJobs(pool, 'points', points),
      logs: logs === 0 ? 0 : await sweepJobs(pool, 'logs', logs),
      events: events === 0 ? 0 : await sweepEvents(pool, events),
    }),
  };
}

async function sweepJobs(pool: pg.Pool, kind: keyof typeof KINDS, days: number): Promise<number> {
  let total = 0;
  for (;;) {
    const deleted = await sweepNextJobs(pool, kind, days);
    if (deleted === null) return total;
    total += deleted;
  }
}

/** The jobs that ended next after those that were swept; null when none of the rest is old enough. */
function sweepNextJobs(pool: pg.Pool, kind: keyof typeof KINDS, days: number): Promise<number | null> {
  const { until, deletes } = KINDS[kind];
  return transaction(pool, async (client) => {
    await allowLongStatements(client);
    const { rows } = await client.query<{ since: Date | string; until: Date | null }>(
      `with pass as (select coalesce((select ${until} from retention_pass), '-infinity') as since), next as (
         select ended_at from job, pass where ended_at > since and ended_at < now() - $1 * interval '1 day'
         order by ended_at limit ${JOBS_AT_ONCE}
       )
       select since::text as since, (select max(ended_at) from next) as until from pass`,
      [days],
    );
    const [bounds] = rows;
    if (bounds === undefined || bounds.until === null) return null;
    let deleted = 0;
    for (const statement of deletes)
      deleted = (await client.query(statement, [bounds.since, bounds.until])).rowCount ?? 0;
    await client.query(`update retention_pass set ${until} = $1`, [bounds.until]);
    return deleted;
  });
}

/** The newest event stays whatever its age: it holds the place from which the feed counts on. */
async function sweepEvents(pool: pg.Pool, days: number): Promise<number> {
  let total = 0;
  for (;;) {
    const { rowCount } = await pool.query(
      `delete from event where id in (select id from event where seq is not null order by seq limit ${EVENTS_AT_ONCE})
         and time < now() - $1 * interval '1 day' and seq < (select max(seq) from event)`,
      [days],
    );
    total += rowCount ?? 0;
    if ((rowCount ?? 0) < EVENTS_AT_ONCE) return total;
  }
}
