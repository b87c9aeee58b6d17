import type { AttemptMask } from './attempt-mask.ts';
import type { Queryable } from './database.ts';
import type { SeriesRow, StepRange } from './metric-read.ts';

/** When the points at `steps` were reported, in milliseconds since 1970; `steps` are shown by the mask. */
export async function readTimes(
  client: Queryable,
  series: SeriesRow,
  mask: AttemptMask,
  steps: readonly number[],
): Promise<number[]> {
  const { rows } = await client.query<[step: number, timeMs: number]>({
    text: `select distinct on (p.step) p.step, extract(epoch from p.time)::float8 * 1000
      from metric_point p join unnest($3::int[], $4::bigint[]) as m (attempt, max_step)
        on m.attempt = p.attempt and (m.max_step is null or p.step <= m.max_step)
      where p.series_id = $1 and p.step = any($2::bigint[])
      order by p.step, p.attempt desc`,
    values: [series.id, steps, mask.attempts, mask.maxSteps],
    rowMode: 'array',
  });
  const times = new Map(rows.map(([step, timeMs]) => [step, Math.round(timeMs)]));
  return steps.map((step) => times.get(step) ?? 0);
}

/** The steps reported from `fromMs` to `toMs`, found by halving: along a curve, time rises with steps. */
export async function stepsBetween(
  client: Queryable,
  series: SeriesRow,
  fromMs: number,
  toMs: number,
): Promise<StepRange> {
  const from = await firstStepAt(client, series, (timeMs) => timeMs >= fromMs);
  const to = await firstStepAt(client, series, (timeMs) => timeMs > toMs);
  return { from, to: to - 1 };
}

/** The first step whose point fits; one past the last if none does. `fits` is false up to some time and true after. */
async function firstStepAt(client: Queryable, series: SeriesRow, fits: (timeMs: number) => boolean): Promise<number> {
  let low = series.first_step;
  let high = series.last_step + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { rows } = await client.query<{ step: number; time_ms: number }>(
      `select step, extract(epoch from time)::float8 * 1000 as time_ms from metric_point
       where series_id = $1 and step >= $2 order by step, attempt desc limit 1`,
      [series.id, middle],
    );
    const [point] = rows;
    if (point === undefined || point.step >= high || fits(point.time_ms)) high = middle;
    else low = point.step + 1;
  }
  return low;
}
