import {
  type ComparedCurve,
  type CompareMetrics,
  CrucibleError,
  MAX_COMPARED_POINTS,
  meanInterval,
} from '@crucible/contracts';
import type pg from 'pg';
import { type AttemptMask, maskOf } from './attempt-mask.ts';
import { jobNotFound } from './job-lookup.ts';
import { type GridCurve, onGrid, stepGrid } from './metric-grid.ts';
import { levelFor } from './metric-level.ts';
import { readBuckets, type SeriesRow, type StepRange } from './metric-read.ts';

/** Series that are read at the same time, so that one comparison does not take every connection. */
const READERS = 4;

interface ComparedSeries {
  jobId: string;
  key: string;
  group: unknown;
  series: SeriesRow;
  mask: AttemptMask;
}

interface Row extends SeriesRow {
  job_id: string;
  key: string | null;
  group: unknown;
  attempts: { number: number; resumedStep: number | null }[];
}

const READ = `
  select j.id as job_id, j.config #> $3::text[] as group, s.key, s.id, s.count, s.first_step, s.last_step, s.dirty_from,
    (select coalesce(json_agg(json_build_object('number', a.number, 'resumedStep', a.resumed_step) order by a.number), '[]')
     from attempt a where a.job_id = j.id and a.claimed_at is not null) as attempts
  from job j left join series s on s.job_id = j.id and s.key = any($2::text[]) and s.count > 0
  where j.id = any($1::uuid[]) and ($4::text is null or j.team_id = $4)`;

/** See {@link Metrics.compare}. */
export async function compareMetrics(
  pool: pg.Pool,
  query: CompareMetrics,
  teamId: string | null,
): Promise<ComparedCurve[]> {
  const path = query.groupBy?.split('.') ?? [];
  const { rows } = await pool.query<Row>(READ, [query.jobs, query.keys, path, teamId]);
  const known = new Set(rows.map((row) => row.job_id));
  const missing = query.jobs.find((id) => !known.has(id.toLowerCase()));
  if (missing !== undefined) throw jobNotFound(missing);
  const all = rows.flatMap(({ job_id: jobId, key, group, attempts, ...series }): ComparedSeries[] =>
    key === null
      ? []
      : [{ jobId, key, group: query.groupBy === undefined ? jobId : group, series, mask: maskOf(attempts) }],
  );
  const curves = query.keys.flatMap((key) =>
    groupsOf(all.filter((one) => one.key === key)).map((members) => ({ key, members })),
  );
  assertBounded(query, curves.length);
  const grids = new Map(
    query.keys.map((key) => [
      key,
      gridOf(
        all.filter((one) => one.key === key),
        query,
      ),
    ]),
  );
  const values = await readAll(pool, all, grids);
  return curves.map(({ key, members }) => ({
    key,
    group: query.groupBy === undefined ? null : (members[0]?.group ?? null),
    jobs: members.map((member) => member.jobId),
    ...sumUp(
      grids.get(key) ?? [],
      members.map((member) => values.get(member) ?? []),
    ),
  }));
}

/** @throws CrucibleError `invalid-request` */
function assertBounded({ numPoints }: CompareMetrics, numCurves: number): void {
  const total = numCurves * numPoints;
  if (total <= MAX_COMPARED_POINTS) return;
  const message = `${numCurves} curves of ${numPoints} points make ${total}, but an answer holds ${MAX_COMPARED_POINTS}; ask for fewer points, keys or groups`;
  throw new CrucibleError('invalid-request', `numPoints: ${message}.`, {
    faults: [{ pointer: '/numPoints', message }],
  });
}

/** Series with equal values of the group together, in the order in which they first come. */
function groupsOf(all: readonly ComparedSeries[]): ComparedSeries[][] {
  const groups = new Map<string, ComparedSeries[]>();
  for (const one of all) {
    const name = JSON.stringify(one.group ?? null);
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  return [...groups.values()];
}

function gridOf(all: readonly ComparedSeries[], { from, to, numPoints }: CompareMetrics): number[] {
  if (all.length === 0) return [];
  const first = Math.min(...all.map(({ series }) => series.first_step));
  const last = Math.max(...all.map(({ series }) => series.last_step));
  return stepGrid(Math.max(first, from ?? first), Math.min(last, to ?? last), numPoints);
}

async function readAll(
  pool: pg.Pool,
  all: readonly ComparedSeries[],
  grids: ReadonlyMap<string, number[]>,
): Promise<Map<ComparedSeries, GridCurve>> {
  const values = new Map<ComparedSeries, GridCurve>();
  const waiting = [...all];
  const read = async (): Promise<void> => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      const grid = grids.get(one.key) ?? [];
      const cell = (grid[1] ?? 0) - (grid[0] ?? 0);
      const range: StepRange = { from: Math.max(0, (grid[0] ?? 0) - cell), to: grid.at(-1) ?? -1 };
      const level = levelFor(one.series.count, range, grid.length);
      values.set(one, onGrid(await readBuckets(pool, one.series, one.mask, range, level), grid));
    }
  };
  await Promise.all(Array.from({ length: READERS }, read));
  return values;
}

/** Mean, spread and interval at each step of the grid. */
function sumUp(steps: readonly number[], curves: readonly GridCurve[]): Omit<ComparedCurve, 'key' | 'group' | 'jobs'> {
  const sums = steps.map((_, at) =>
    meanInterval(curves.map((curve) => curve[at] ?? Number.NaN).filter(Number.isFinite)),
  );
  return {
    steps: [...steps],
    mean: sums.map(({ mean }) => mean),
    sd: sums.map(({ sd }) => sd),
    lo: sums.map(({ lo }) => lo),
    hi: sums.map(({ hi }) => hi),
    n: sums.map(({ n }) => n),
  };
}
