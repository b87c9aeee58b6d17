import { CrucibleError, type JobPage, type JobsQuery } from '@crucible/contracts';
import type pg from 'pg';
import { jobCursors } from './job-cursor.ts';
import { JOB_COLUMNS, type JobRow, toJobView } from './job-row.ts';
import { escapeLike } from './like-pattern.ts';
import type { TeamFilter } from './team-filter.ts';

/** @throws `invalid-request` unless `tag` is `key=value` */
function tagFilter(tag: string): string {
  const at = tag.indexOf('=');
  if (at < 1)
    throw new CrucibleError('invalid-request', 'tag: must be key=value.', {
      faults: [{ pointer: '/tag', message: 'must be key=value' }],
    });
  return JSON.stringify({ [tag.slice(0, at)]: tag.slice(at + 1) });
}

/** See {@link Jobs.list}. One row more than asked for tells whether there is a next page. */
export async function readJobPage(pool: pg.Pool, secret: Buffer, query: JobsQuery, team: TeamFilter): Promise<JobPage> {
  const cursors = jobCursors(secret, query, team);
  const conditions: string[] = [];
  const values: unknown[] = [];
  const where = (condition: (...placeholders: string[]) => string, ...added: unknown[]) =>
    conditions.push(condition(...added.map((value) => `$${values.push(value)}`)));

  if (team !== null) where((own) => `team_id = ${own}`, team);
  if (query.state !== undefined) where((states) => `state = any(${states}::text[])`, query.state.split(','));
  if (query.method !== undefined) where((method) => `method = ${method}`, query.method);
  if (query.name !== undefined) where((name) => `name ilike ${name}`, `%${escapeLike(query.name)}%`);
  if (query.tag !== undefined) where((tag) => `tags @> ${tag}::jsonb`, tagFilter(query.tag));
  if (query.parent !== undefined) where((parent) => `parent_id = ${parent}::uuid`, query.parent);
  else where(() => 'parent_id is null');
  if (query.cursor !== undefined) {
    const { submittedAt, id } = cursors.decode(query.cursor);
    where((time, last) => `(submitted_at, id) < (${time}::timestamptz, ${last}::uuid)`, submittedAt, id);
  }
  const { rows } = await pool.query<JobRow>(
    `select ${JOB_COLUMNS} from job where ${conditions.join(' and ')}
     order by submitted_at desc, id desc limit ${query.limit + 1}`,
    values,
  );
  const data = rows.slice(0, query.limit).map(toJobView);
  const last = data.at(-1);
  return { data, nextCursor: rows.length > query.limit && last !== undefined ? cursors.encode(last) : null };
}
