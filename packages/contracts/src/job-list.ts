import { type Static, Type } from 'typebox';
import { JobView } from './job.ts';
import { JOB_SORT_FORM } from './job-order.ts';
import { JOB_STATES } from './job-state.ts';
import { Nullable } from './nullable.ts';

/** Which jobs a list holds, in which order, and where its page begins. */
export const JobsQuery = Type.Object({
  state: Type.Optional(
    Type.String({
      pattern: `^(${JOB_STATES.join('|')})(,(${JOB_STATES.join('|')}))*$`,
      description: 'one or several, with commas',
    }),
  ),
  method: Type.Optional(Type.String({ maxLength: 64 })),
  name: Type.Optional(Type.String({ maxLength: 200, description: 'part of the name' })),
  tag: Type.Optional(Type.String({ maxLength: 300, description: 'key=value' })),
  parent: Type.Optional(
    Type.String({ format: 'uuid', description: 'the parts of this job; absent: jobs that are no part of another' }),
  ),
  sort: Type.Optional(
    Type.String({
      pattern: JOB_SORT_FORM,
      description:
        '`-submittedAt` (if absent) or `submittedAt`: newest or oldest first. `metric:KEY:max` or `metric:KEY:min`: by ' +
        'the greatest or least finite value that a job reported of the metric, the greatest or least first; jobs ' +
        'without one come last in both, the newest of them first. Between two pages a value may move a job past the ' +
        'place where a reader is; all others are met once.',
    }),
  ),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  cursor: Type.Optional(Type.String({ maxLength: 1000 })),
});
export type JobsQuery = Static<typeof JobsQuery>;

/** In the order of `sort`. `nextCursor` is null on the last page. */
export const JobPage = Type.Object(
  {
    data: Type.Array(JobView),
    values: Type.Optional(
      Type.Array(Nullable(Type.Number()), {
        description: 'in an order by a metric: the value of each job in `data`, null for a job without one',
      }),
    ),
    nextCursor: Nullable(Type.String()),
  },
  { $id: 'JobPage' },
);
export type JobPage = Static<typeof JobPage>;
