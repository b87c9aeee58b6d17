import { EXIT } from '../exit-code.ts';
import { resolveJobId } from '../job-id.ts';
import { jobNews, ranSeconds } from '../job-text.ts';
import { numberOf } from '../numbers.ts';
import { table } from '../table.ts';
import { textOf, type Verb } from '../verb.ts';

export const ps: Verb = {
  usage: '',
  summary: 'list jobs, newest first or by a metric',
  help: [
    '--state A,B     only jobs in these states',
    '--method ID     only jobs of this method',
    '--name TEXT     only jobs with this in their name',
    '--tag KEY=VALUE only jobs with this label',
    '--parent ID     the parts of this job, which no other list shows',
    '--sort ORDER    submittedAt: oldest first; metric:KEY:max (metric:KEY:min): those with the greatest (least) value',
    '                of a metric first, such as metric:test/accuracy:max; jobs without one come last',
    '--limit N       1 to 200, 20 if absent',
    '--quiet, -q     only the ids',
  ],
  options: {
    state: { type: 'string' },
    method: { type: 'string' },
    name: { type: 'string' },
    tag: { type: 'string' },
    parent: { type: 'string' },
    sort: { type: 'string' },
    limit: { type: 'string' },
    quiet: { type: 'boolean', short: 'q' },
  },
  arity: [0, 0],
  async run({ client, json, print }, _args, values) {
    const query: Record<string, string> = {};
    for (const name of ['state', 'method', 'name', 'tag', 'sort']) {
      const value = textOf(values, name);
      if (value !== undefined) query[name] = value;
    }
    const parent = textOf(values, 'parent');
    if (parent !== undefined) query.parent = await resolveJobId(client, parent);
    const page = await client.jobs({ ...query, limit: numberOf(values, 'limit') ?? 20 });
    if (json) print(JSON.stringify(page));
    else if (values.quiet === true) for (const { id } of page.data) print(id);
    else {
      const { values: sorted } = page;
      const valueAt = (i: number): string[] => (sorted === undefined ? [] : [String(sorted[i] ?? '-')]);
      const rows = page.data.map((job, i) => [
        job.id,
        job.state,
        job.method,
        ranSeconds(job, Date.now()),
        ...valueAt(i),
        job.name,
        jobNews(job),
      ]);
      const columns = ['id', 'state', 'method', 'ran', ...(sorted === undefined ? [] : ['value']), 'name', 'news'];
      for (const line of table(columns, rows)) print(line);
    }
    return EXIT.done;
  },
};
