import {
  AttemptList,
  JobPage,
  JobsQuery,
  JobView,
  LogPage,
  LogsQuery,
  NEWEST_FIRST,
  parseJobSort,
} from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { isNoneMatch, versionTag } from '../etag.ts';
import { JobParams, problems } from '../openapi/route-schemas.ts';
import { strictQuery } from '../openapi/strict-query.ts';
import { principalOf, shownTeamOf } from '../plugins/auth.ts';

/** Reading of `/v1/jobs`, and what a job has said and tried. */
export const jobReadRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { jobs, logs, attempts } = app.store;

  app.get(
    '/jobs',
    {
      config: { access: 'jobs:read' },
      schema: {
        operationId: 'listJobs',
        summary: 'List jobs by age or by a metric',
        description:
          'The `ETag` stands as long as no job changed: with `If-None-Match` an unchanged list costs nothing. An order ' +
          'by a metric has none, since values change without the jobs.',
        tags: ['jobs'],
        querystring: strictQuery(JobsQuery),
        response: {
          200: JobPage,
          304: Type.Null({ description: 'no job changed since the tag' }),
          ...problems('invalid-request', 'cursor-mismatch'),
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'private, no-cache');
      if (parseJobSort(request.query.sort ?? NEWEST_FIRST).by === 'metric')
        return jobs.list(request.query, shownTeamOf(request));
      const { id } = principalOf(request);
      // Read before the list: a tag may be older than the answer that carries it, never newer.
      const tag = `"${app.jobChanges.tag}.${id}"`;
      reply.header('etag', tag);
      if (isNoneMatch(request.headers['if-none-match'], tag)) return reply.code(304).send(null);
      return jobs.list(request.query, shownTeamOf(request));
    },
  );

  app.get(
    '/jobs/:id',
    {
      config: { access: 'jobs:read', object: 'job' },
      schema: {
        operationId: 'getJob',
        summary: 'Read a job',
        description: 'The `ETag` is its version. With `If-None-Match` an unchanged job costs one integer.',
        tags: ['jobs'],
        params: JobParams,
        response: {
          200: JobView,
          304: Type.Null({ description: 'unchanged since the version of the tag' }),
          ...problems('not-found'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      reply.header('cache-control', 'private, no-cache');
      const known = request.headers['if-none-match'];
      if (known !== undefined) {
        const tag = versionTag(await jobs.getVersion(id));
        if (isNoneMatch(known, tag)) return reply.code(304).header('etag', tag).send(null);
      }
      const job = await jobs.get(id);
      return reply.header('etag', versionTag(job.version)).send(job);
    },
  );

  app.get(
    '/jobs/:id/logs',
    {
      config: { access: 'jobs:read', object: 'job' },
      schema: {
        operationId: 'listLogs',
        summary: 'Read what a job has logged, oldest first',
        tags: ['results'],
        params: JobParams,
        querystring: strictQuery(LogsQuery),
        response: { 200: LogPage, ...problems('invalid-request', 'not-found') },
      },
    },
    async (request) => logs.page(request.params.id, request.query),
  );

  app.get(
    '/jobs/:id/attempts',
    {
      config: { access: 'jobs:read', object: 'job' },
      schema: {
        operationId: 'listAttempts',
        summary: 'List the attempts at a job, oldest first',
        tags: ['results'],
        params: JobParams,
        response: { 200: AttemptList, ...problems('not-found') },
      },
    },
    async (request) => ({ data: await attempts.list(request.params.id) }),
  );
};
