import {
  CompareMetrics,
  Comparison,
  MetricColumns,
  MetricReceipt,
  PointsQuery,
  PointsView,
  SeriesList,
} from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { isNoneMatch } from '../etag.ts';
import { pointsOf } from '../metric-columns.ts';
import { JobParams, problems } from '../openapi/route-schemas.ts';
import { strictQuery } from '../openapi/strict-query.ts';
import { shownTeamOf } from '../plugins/auth.ts';
import { bodyCheckedByRoute } from '../plugins/validation.ts';

const AttemptParams = Type.Object({
  ...JobParams.properties,
  number: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1, description: 'number of the attempt' }),
});

/** Curves: which there are, their points, many jobs side by side, and points from workers without a database. */
export const metricRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { metrics, attempts } = app.store;

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

  app.post(
    '/jobs/:id/attempts/:number/metrics',
    {
      // Telemetry: the points themselves are the record.
      config: { access: 'jobs:write', object: 'own-job', rate: 'none', isAudited: false },
      validatorCompiler: bodyCheckedByRoute,
      schema: {
        operationId: 'appendMetrics',
        summary: 'Store a batch of points of a running attempt, once',
        description:
          'For workers that reach the API alone. A batch that was stored before changes nothing; one after a gap is refused with the number that is expected.',
        tags: ['results'],
        params: AttemptParams,
        body: MetricColumns,
        response: {
          200: MetricReceipt,
          ...problems(
            'invalid-request',
            'payload-too-large',
            'unsupported-media-type',
            'not-found',
            'stale-fence',
            'sequence-gap',
            'too-many-series',
          ),
        },
      },
    },
    async (request) => {
      const { id, number } = request.params;
      const { fence, sequence, points } = pointsOf(request.body);
      const attemptId = await attempts.idOf(id, number);
      const { isDuplicate } = await metrics.appendBatch({ attemptId, fence, sequence, points });
      return { isDuplicate, nextSequence: sequence + 1 };
    },
  );

  app.post(
    '/metrics/query',
    {
      // A POST for its body alone: it reads.
      config: { access: 'jobs:read', rate: 'read', isAudited: false },
      schema: {
        operationId: 'compareMetrics',
        summary: 'Read a few metrics of many jobs on one grid of steps, with mean and interval by group',
        tags: ['results'],
        body: CompareMetrics,
        response: {
          200: Comparison,
          ...problems('invalid-request', 'payload-too-large', 'unsupported-media-type', 'not-found'),
        },
      },
    },
    async (request) => ({ data: await metrics.compare(request.body, shownTeamOf(request)) }),
  );
};
