import { CrucibleError, MAX_POINTS_PER_BATCH, MAX_SERIES_PER_JOB, type MetricPoint } from '@crucible/contracts';
import type pg from 'pg';
import { isFiniteValue } from './finite-value.ts';
import { acceptBatch, type Batch, type BatchReceipt } from './ingest-cursor.ts';
import { MAX_RAW_POINTS } from './metric-rollup.ts';
import { sendHint } from './progress-hint.ts';
import { transaction } from './transaction.ts';

export interface MetricBatch extends Batch {
  points: readonly MetricPoint[];
}

const KEY_FORM = /^[A-Za-z0-9_./-]{1,128}$/;

/** @throws `payload-too-large`, `invalid-request` */
function assertStorable(points: readonly MetricPoint[]): void {
  if (points.length > MAX_POINTS_PER_BATCH)
    throw new CrucibleError(
      'payload-too-large',
      `points: ${points.length}, but a batch holds ${MAX_POINTS_PER_BATCH}.`,
    );
  const faults = points.flatMap(({ key, step }, i) => [
    ...(KEY_FORM.test(key)
      ? []
      : [
          {
            pointer: `/points/${i}/key`,
            message: `${JSON.stringify(key.slice(0, 200))} must match ${KEY_FORM.source}`,
          },
        ]),
    ...(Number.isSafeInteger(step) && step >= 0
      ? []
      : [{ pointer: `/points/${i}/step`, message: 'must be a whole number of at least 0' }]),
  ]);
  if (faults.length > 0) throw new CrucibleError('invalid-request', 'Some points cannot be stored.', { faults });
}

/** See {@link Metrics.appendBatch}. */
export async function appendMetrics(pool: pg.Pool, batch: MetricBatch): Promise<BatchReceipt> {
  const { points } = batch;
  assertStorable(points);
  return transaction(pool, async (client) => {
    const accepted = await acceptBatch(client, batch, 'metrics', points.length);
    if (accepted === null) return { isDuplicate: true };
    const ids = await seriesIds(client, accepted.jobId, [...new Set(points.map((point) => point.key))].sort());
    await client.query(INSERT_POINTS, [
      points.map((point) => ids.get(point.key)),
      points.map((point) => point.step),
      points.map((point) => point.value),
      points.map((point) => point.timeMs),
      accepted.number,
      accepted.resumedStep,
      accepted.jobId,
    ]);
    return { isDuplicate: false };
  });
}

/** Points of one key and step: the first of a batch stands, later ones change nothing. */
const INSERT_POINTS = `
  with inserted as (
    insert into metric_point (series_id, step, attempt, value, time)
    select series_id, step, $5, value, to_timestamp(ms / 1000)
    from unnest($1::bigint[], $2::bigint[], $3::float8[], $4::float8[]) as point (series_id, step, value, ms)
    on conflict do nothing
    returning series_id, step, value
  ), counted as (
    -- At the very step from which this attempt resumed, an earlier attempt's point is replaced, not joined.
    select i.*, i.step = $6::bigint and exists (
      select from metric_point p where p.series_id = i.series_id and p.step = i.step and p.attempt < $5
    ) as is_known
    from inserted i
  ), summary as (
    select series_id, min(step) as first_step, max(step) as last_step,
      (array_agg(value order by step desc))[1] as last_value,
      min(value) filter (where ${isFiniteValue('value')}) as low,
      max(value) filter (where ${isFiniteValue('value')}) as high,
      count(*) filter (where not is_known) as num,
      count(*) filter (where not is_known and not (${isFiniteValue('value')})) as num_non_finite
    from counted group by series_id
  ), updated as (
    update series s set
      first_step = case when s.count = 0 then m.first_step else least(s.first_step, m.first_step) end,
      last_value = case when s.count = 0 or m.last_step >= s.last_step then m.last_value else s.last_value end,
      last_step = case when s.count = 0 then m.last_step else greatest(s.last_step, m.last_step) end,
      min = least(s.min, m.low), max = greatest(s.max, m.high),
      count = s.count + m.num, non_finite = s.non_finite + m.num_non_finite,
      -- A series has no buckets until it is long; then all of it is to be put into them.
      dirty_from = case when s.count + m.num <= ${MAX_RAW_POINTS} then s.dirty_from
        when s.count <= ${MAX_RAW_POINTS} then 0 else least(s.dirty_from, m.first_step) end
    from summary m where s.id = m.series_id
  )
  select ${sendHint('id', 'team_id', '(select max(step) from unnest($2::bigint[]) as step)', 'progress')}
  from job where id = $7 and cardinality($2::bigint[]) > 0`;

/** Ids of the series of `keys`, made where a key is new. @throws `too-many-series` */
async function seriesIds(client: pg.PoolClient, jobId: string, keys: string[]): Promise<Map<string, number>> {
  const known = await readIds(client, jobId, keys);
  const fresh = keys.filter((key) => !known.has(key));
  if (fresh.length === 0) return known;
  await client.query(
    `insert into series (job_id, team_id, key) select id, team_id, unnest($2::text[]) from job where id = $1
     on conflict do nothing`,
    [jobId, fresh],
  );
  const { rows } = await client.query<{ num: number }>('select count(*) as num from series where job_id = $1', [jobId]);
  const num = rows[0]?.num ?? 0;
  if (num > MAX_SERIES_PER_JOB) {
    const key = fresh[Math.max(0, fresh.length - (num - MAX_SERIES_PER_JOB))];
    throw new CrucibleError(
      'too-many-series',
      `${key}: a job may report ${MAX_SERIES_PER_JOB} metric names, this batch would make ${num}.`,
      { detail: { key } },
    );
  }
  return readIds(client, jobId, keys);
}

async function readIds(client: pg.PoolClient, jobId: string, keys: string[]): Promise<Map<string, number>> {
  const { rows } = await client.query<{ key: string; id: number }>(
    'select key, id from series where job_id = $1 and key = any($2::text[])',
    [jobId, keys],
  );
  return new Map(rows.map((row) => [row.key, row.id]));
}
