import type { JobView } from '@crucible/contracts';
import type { Setting } from './setting.ts';

/** Name of the metric that seeded jobs have. */
export const KEY = 'train/loss';

/** Makes a job that has reported `numPoints`, at every step, past the ingest; its buckets are built. @returns its id */
export async function seedCurve(setting: Setting, numPoints: number): Promise<string> {
  const { call, sql, store } = setting;
  const { id } = await call<JobView>('POST', '/v1/jobs', { method: 'zen-nas', resources: { pool: 'none', slots: 1 } });
  await sql.query(
    `insert into attempt (id, job_id, number, fence, state, outcome, end_code, claimed_at, ended_at)
     values (gen_random_uuid(), $1, 1, 1, 'ended', 'lost', 'worker-lost', now(), now())`,
    [id],
  );
  const { rows } = await sql.query<{ id: string }>(
    `insert into series (job_id, team_id, key, count, first_step, last_step, last_value, min, max, dirty_from)
     select id, team_id, $2, $3, 0, $3::bigint - 1, 0, -2, 2, 0 from job where id = $1 returning id`,
    [id, KEY, numPoints],
  );
  for (let from = 0; from < numPoints; from += 100_000)
    await sql.query(
      `insert into metric_point (series_id, step, attempt, value, time)
       select $1::bigint, step, 1, sin(step / 5000.0) + random() / 5, now() + step * interval '10 ms'
       from generate_series($2::bigint, $3::bigint) as step`,
      [rows[0]?.id, from, Math.min(numPoints, from + 100_000) - 1],
    );
  await store.metrics.rollUp();
  await sql.query('analyze metric_point, metric_rollup, series');
  return id;
}
