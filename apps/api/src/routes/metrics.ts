import { PointsQuery, PointsView, SeriesList } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { isNoneMatch } from '../etag.ts';
import { JobParams, problems } from '../openapi/route-schemas.ts';
import { strictQuery } from '../openapi/strict-query.ts';

/** `/v1/jobs/:id/metrics`: which curves there are, and their points. */
export const metricRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { metrics } = app.store;

  app.get(
    '/jobs/:id/metrics',
    {
      config: { access: 'jobs:read', object: 'job' },
      schema: {
        operationId: 'listSeries',
        summary: 'List the metrics of a job, with their extremes and last values',
        tags: ['results'],
        params: JobParams,
        response: { 200: SeriesList, ...problems('not-found') },
      },
    },
    async (request) => ({ data: await metrics.series(request.params.id) }),
  );

  app.get(
    '/jobs/:id/metrics/points',
    {
      config: { access: 'jobs:read', object: 'job' },
      schema: {
        operationId: 'getPoints',
        summary: 'Read the points of one metric',
        description:
          'More than `maxPoints` are thinned to real points that keep the extremes; `lo` and `hi` bound what was left out. The `ETag` changes with the points.',
        tags: ['results'],
        params: JobParams,
        querystring: strictQuery(PointsQuery),
        response: {
          200: PointsView,
          304: Type.Null({ description: 'no new points since the tag' }),
          ...problems('invalid-request', 'not-found'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      // Read before the points: a tag may be older than the answer that carries it, never newer.
      const tag = `"p${await metrics.pointsTag(id, request.query.key)}"`;
      reply.header('cache-control', 'private, no-cache').header('etag', tag);
      if (isNoneMatch(request.headers['if-none-match'], tag)) return reply.code(304).send(null);
      return metrics.points(id, request.query);
    },
  );
};
