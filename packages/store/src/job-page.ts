import { type JobPage, type JobsQuery, NEWEST_FIRST, parseJobSort } from '@crucible/contracts';
import type pg from 'pg';
import { type JobPosition, jobCursors } from './job-cursor.ts';
import { jobFilter } from './job-filter.ts';
import { JOB_COLUMNS, type JobRow, toJobView } from './job-row.ts';
import type { TeamFilter } from './team-filter.ts';

/** Jobs that are asked for in an order. */
interface Listing {
  query: JobsQuery;
  team: TeamFilter;
  /** the job before the first one wanted; null: from the first one on */
  after: JobPosition | null;
  /** rows at most */
  limit: number;
}

interface Metric {
  key: string;
  extreme: 'max' | 'min';
}

type ListedRow = JobRow & { value: number | null };

/** See {@link Jobs.list}. One row more than asked for tells whether there is a next page. */
export async function readJobPage(pool: pg.Pool, secret: Buffer, query: JobsQuery, team: TeamFilter): Promise<JobPage> {
  const cursors = jobCursors(secret, query, team);
  const order = parseJobSort(query.sort ?? NEWEST_FIRST);
  const after = query.cursor === undefined ? null : cursors.decode(query.cursor);
  const listing = { query, team, after, limit: query.limit + 1 };
  const rows = await (order.by === 'metric'
    ? readByMetric(pool, listing, order)
    : readByTime(pool, listing, order.isNewestFirst));
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  return {
    data: shown.map(toJobView),
    ...(order.by === 'metric' ? { values: shown.map(({ value }) => value) } : {}),
    nextCursor:
      rows.length > query.limit && last !== undefined
        ? cursors.encode({ value: last.value, submittedAt: last.submitted_at.toISOString(), id: last.id })
        : null,
  };
}

/** @param without only jobs that have no value of this metric */
async function readByTime(
  pool: pg.Pool,
  { query, team, after, limit }: Listing,
  isNewestFirst: boolean,
  without?: Metric,
): Promise<ListedRow[]> {
  const { conditions, values, bind } = jobFilter(query, team);
  const [beyond, direction] = isNewestFirst ? ['<', 'desc'] : ['>', 'asc'];
  if (after !== null)
    conditions.push(
      `(job.submitted_at, job.id) ${beyond} (${bind(after.submittedAt)}::timestamptz, ${bind(after.id)}::uuid)`,
    );
  if (without !== undefined)
    conditions.push(
      `not exists (select from series
         where series.job_id = job.id and series.key = ${bind(without.key)} and series.${without.extreme} is not null)`,
    );
  const { rows } = await pool.query<ListedRow>(
    `select ${JOB_COLUMNS}, null::float8 as value from job where ${conditions.join(' and ')}
     order by job.submitted_at ${direction}, job.id ${direction} limit ${limit}`,
    values,
  );
  return rows;
}

/** The jobs that have a value; then, as far as there is room, those that have none. */
async function readByMetric(pool: pg.Pool, listing: Listing, metric: Metric): Promise<ListedRow[]> {
  const { after, limit } = listing;
  const isPastValues = after !== null && after.value === null;
  const valued = isPastValues ? [] : await readValued(pool, listing, metric);
  if (valued.length === limit) return valued;
  const others = await readByTime(pool, { ...listing, after: isPastValues ? after : null }, true, metric);
  // Between the two looks a job may have lost its value, as its attempt goes on from before it was reported.
  const known = new Set(valued.map(({ id }) => id));
  return [...valued, ...others.filter(({ id }) => !known.has(id))].slice(0, limit);
}

/**
 * Each team's jobs are in order in the index of its series: the first ones of every team that may be seen are put in
 * order together.
 */
async function readValued(
  pool: pg.Pool,
  { query, team, after, limit }: Listing,
  { key, extreme }: Metric,
): Promise<ListedRow[]> {
  const { conditions, values, bind } = jobFilter(query, null);
  const column = `series.${extreme}`;
  const [beyond, direction] = extreme === 'max' ? ['<', 'desc'] : ['>', 'asc'];
  conditions.push('series.team_id = team.id', `series.key = ${bind(key)}`, `${column} is not null`);
  if (after !== null)
    conditions.push(`(${column}, series.job_id) ${beyond} (${bind(after.value)}::float8, ${bind(after.id)}::uuid)`);
  const { rows } = await pool.query<ListedRow>(
    `select ${JOB_COLUMNS}, ranked.value
     from (
       select first.job_id, first.value, team.id as team_id
       from team cross join lateral (
         select series.job_id, ${column} as value from series join job on job.id = series.job_id
         where ${conditions.join(' and ')}
         order by ${column} ${direction}, series.job_id ${direction} limit ${limit}
       ) as first
       ${team === null ? '' : `where team.id = ${bind(team)}`}
       order by first.value ${direction}, first.job_id ${direction} limit ${limit}
     ) as ranked join job on job.id = ranked.job_id and job.team_id = ranked.team_id
     order by ranked.value ${direction}, job.id ${direction}`,
    values,
  );
  return rows;
}
