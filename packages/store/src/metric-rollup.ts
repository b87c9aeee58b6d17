import type pg from 'pg';
import { isFiniteValue } from './finite-value.ts';
import { allowLongStatements } from './long-statement.ts';
import { transaction } from './transaction.ts';

/** A series with more points than these is read from buckets. */
export const MAX_RAW_POINTS = 10_000;

/** Buckets of these powers of two in steps. */
export const ROLLUP_LEVELS = [6, 8, 10, 12, 14, 16] as const;

const FINEST_LEVEL = ROLLUP_LEVELS[0];
/** Points that one transaction puts into buckets: as long as it lasts, new points of the series wait. */
const BATCH = 25_000;

const COLUMNS = [
  'count',
  'non_finite',
  'first_step',
  'first_value',
  'last_step',
  'last_value',
  'low',
  'low_step',
  'high',
  'high_step',
];
const REPLACE = `on conflict (series_id, level, bucket, attempt) do update
  set ${COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}`;

/** The first by `order`, or the last, as `[order, value]`: a plain aggregate, which needs no sorting. */
const pair = (aggregate: 'min' | 'max', order: string, value: string): string =>
  `${aggregate}(array[${order}, ${value}]::float8[])`;

/** Of points with equal values the first one counts: its negative step is the greatest. */
const ROLL_POINTS = `
  insert into metric_rollup (series_id, level, bucket, attempt, ${COLUMNS.join(', ')})
  select $1, ${FINEST_LEVEL}, bucket, attempt, count, non_finite, first[1], first[2], last[1], last[2],
    low[1], low[2], high[1], -high[2]
  from (
    select step >> ${FINEST_LEVEL} as bucket, attempt, count(*) as count,
      count(*) filter (where not (${isFiniteValue('value')})) as non_finite,
      ${pair('min', 'step', 'value')} as first, ${pair('max', 'step', 'value')} as last,
      ${pair('min', 'value', 'step')} filter (where ${isFiniteValue('value')}) as low,
      ${pair('max', 'value', '-step')} filter (where ${isFiniteValue('value')}) as high
    from metric_point where series_id = $1 and step >= $2 and step < $3 group by 1, 2
  ) bucketed ${REPLACE}`;

/** Builds buckets `$4` to `$5` of level `$2` out of those of level `$3`, which are a quarter as wide. */
const ROLL_BUCKETS = `
  insert into metric_rollup (series_id, level, bucket, attempt, ${COLUMNS.join(', ')})
  select $1, $2::smallint, wide, attempt, count, non_finite, first[1], first[2], last[1], last[2],
    low[1], low[2], high[1], -high[2]
  from (
    select bucket >> 2 as wide, attempt, sum(count) as count, sum(non_finite) as non_finite,
      ${pair('min', 'first_step', 'first_value')} as first, ${pair('max', 'last_step', 'last_value')} as last,
      ${pair('min', 'low', 'low_step')} filter (where low is not null) as low,
      ${pair('max', 'high', '-high_step')} filter (where high is not null) as high
    from metric_rollup
    where series_id = $1 and level = $3::smallint and bucket between $4::bigint << 2 and ($5::bigint << 2) + 3
    group by 1, 2
  ) bucketed ${REPLACE}`;

/** See {@link Metrics.rollUp}. */
export async function rollUp(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    `select id from series where dirty_from is not null and count > ${MAX_RAW_POINTS} order by id`,
  );
  for (const { id } of rows) while (await rollNext(pool, id));
  return rows.length;
}

/** Puts the next points of a series into buckets; false when nothing is left. New points wait at the series' row. */
function rollNext(pool: pg.Pool, seriesId: number): Promise<boolean> {
  return transaction(pool, async (client) => {
    await allowLongStatements(client);
    const series = await client.query<{ dirty_from: number | null }>(
      'select dirty_from from series where id = $1 for no key update',
      [seriesId],
    );
    const dirtyFrom = series.rows[0]?.dirty_from ?? null;
    if (dirtyFrom === null) return false;
    const width = 2 ** FINEST_LEVEL;
    const from = Math.floor(dirtyFrom / width) * width;
    const { next, isLast } = await batchEnd(client, seriesId, from);
    await client.query(ROLL_POINTS, [seriesId, from, next]);
    for (const [at, level] of ROLLUP_LEVELS.entries()) {
      const finer = ROLLUP_LEVELS[at - 1];
      if (finer === undefined) continue;
      const bucketOf = (step: number) => Math.floor(step / 2 ** level);
      await client.query(ROLL_BUCKETS, [seriesId, level, finer, bucketOf(from), bucketOf(next - 1)]);
    }
    await client.query('update series set dirty_from = $2 where id = $1', [seriesId, isLast ? null : next]);
    return !isLast;
  });
}

/** The step before which the next batch ends, between two buckets or after the last point. */
async function batchEnd(
  client: pg.PoolClient,
  seriesId: number,
  from: number,
): Promise<{ next: number; isLast: boolean }> {
  const { rows } = await client.query<{ step: number | null; last: number | null }>(
    `select (select step from metric_point where series_id = $1 and step >= $2 order by step limit 1 offset ${BATCH}),
       (select max(step) from metric_point where series_id = $1) as last`,
    [seriesId, from],
  );
  const [row] = rows;
  const width = 2 ** FINEST_LEVEL;
  const next = Math.max(from + width, Math.floor((row?.step ?? 0) / width) * width);
  return row?.step === null || row?.step === undefined || next > (row.last ?? 0)
    ? { next: Math.max(from, row?.last ?? 0) + 1, isLast: true }
    : { next, isLast: false };
}
