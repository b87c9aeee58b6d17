import type { JobPage } from '@crucible/contracts';
import { atMost, type Row } from './row.ts';
import type { Setting } from './setting.ts';
import { percentile, timesOf } from './timing.ts';

const JOBS = 200_000;
const DEPTH = 9000;

/** Pages of jobs far down a long list, by age and by a metric, and a list that did not change since the last look. */
export const lists: Row = async ({ call, sql, url, key }) => {
  const { id } = await call<{ id: string }>('POST', '/v1/jobs', {
    method: 'zen-nas',
    resources: { pool: 'none', slots: 1 },
  });
  const { rows } = await sql.query<{ column_name: string }>(
    `select column_name from information_schema.columns where table_name = 'job' and column_name not in
       ('id', 'submitted_at', 'state', 'ended_at', 'end_code')`,
  );
  const columns = rows.map(({ column_name }) => `"${column_name}"`).join(', ');
  await sql.query(
    `insert into job (id, submitted_at, state, ended_at, end_code, ${columns})
     select gen_random_uuid(), now() - i * interval '7 seconds', 'succeeded', now(), 'ok', ${columns}
     from job, generate_series(1, $2::int) as i where id = $1`,
    [id, JOBS],
  );
  await sql.query('analyze job');
  let cursor = '';
  for (let depth = 0; depth < DEPTH; depth += 200)
    cursor = (await call<JobPage>('GET', `/v1/jobs?limit=200${cursor && `&cursor=${cursor}`}`)).nextCursor ?? '';
  const pages = await timesOf(100, 1, () => call('GET', `/v1/jobs?limit=50&cursor=${cursor}`));
  const methods = await timesOf(50, 1, () => call('GET', '/v1/jobs?limit=50&method=zen-nas'));
  const byMetric = await pagesByMetric({ call, sql });

  let tag = '';
  let numUnchanged = 0;
  const poll = async (): Promise<void> => {
    const response = await fetch(`${url}/v1/jobs?limit=50`, {
      headers: { authorization: `Bearer ${key}`, 'if-none-match': tag },
    });
    tag = response.headers.get('etag') ?? '';
    await response.arrayBuffer();
    if (response.status === 304) numUnchanged += 1;
  };
  await timesOf(20, 1, poll);
  numUnchanged = 0;
  const polls = await timesOf(300, 1, poll);
  if (numUnchanged < 290) throw new Error(`only ${numUnchanged} of 300 polls of a still list were answered 304`);
  return [
    atMost('jobPageDepth9000.p95Ms', percentile(pages, 0.95), 20),
    { name: 'jobPageOfMethod.p95Ms', value: percentile(methods, 0.95), target: { atMost: 20 } },
    atMost('jobPageByMetricDepth9000.p95Ms', byMetric, 20),
    atMost('unchangedPoll.p95Ms', percentile(polls, 0.95), 3),
  ];
};

/** Milliseconds of a page whose jobs have values of a metric, of which nine in ten have some; the slower direction. */
async function pagesByMetric({ call, sql }: Pick<Setting, 'call' | 'sql'>): Promise<number> {
  await sql.query(
    `insert into series (job_id, team_id, key, count, last_step, last_value, min, max)
     select id, team_id, key, 100, 99, 0, random(), random()
     from job, unnest(array['train/loss', 'val/accuracy', 'val/loss']) as key where random() < 0.9
     on conflict do nothing`, // the jobs of other rows have series already
  );
  await sql.query('analyze series');
  const p95s: number[] = [];
  for (const extreme of ['max', 'min']) {
    const path = (limit: number, cursor: string) =>
      `/v1/jobs?limit=${limit}&sort=metric:val/accuracy:${extreme}${cursor && `&cursor=${cursor}`}`;
    let cursor = '';
    for (let depth = 0; depth < DEPTH; depth += 200)
      cursor = (await call<JobPage>('GET', path(200, cursor))).nextCursor ?? '';
    const times = await timesOf(100, 1, async () => {
      const { values } = await call<JobPage>('GET', path(50, cursor));
      if (values?.length !== 50 || values.includes(null)) throw new Error('a page lacks values');
    });
    p95s.push(percentile(times, 0.95));
  }
  return Math.max(...p95s);
}
