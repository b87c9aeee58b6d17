import { PointsQuery, PointsView, SeriesList } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
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
        description: 'More than `maxPoints` are merged; the extremes of each bucket are in `lo` and `hi`.',
        tags: ['results'],
        params: JobParams,
        querystring: strictQuery(PointsQuery),
        response: { 200: PointsView, ...problems('invalid-request', 'not-found') },
      },
    },
    async (request) => metrics.points(request.params.id, request.query),
  );
};
