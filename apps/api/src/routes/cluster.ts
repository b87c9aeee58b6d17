import { QueueView, WorkerList } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { problems } from '../openapi/route-schemas.ts';
import { shownTeamOf } from '../plugins/auth.ts';

/** `/v1/workers` and `/v1/queue`: who runs jobs, and which jobs wait for them. */
export const clusterRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/workers',
    {
      config: { access: 'cluster:read' },
      schema: {
        operationId: 'listWorkers',
        summary: 'List the workers with their slots and what they run',
        tags: ['cluster'],
        response: { 200: WorkerList, ...problems() },
      },
    },
    async (request) => ({ data: await app.store.workers.list(shownTeamOf(request)) }),
  );

  app.get(
    '/queue',
    {
      config: { access: 'cluster:read' },
      schema: {
        operationId: 'getQueue',
        summary: 'Read the queue, next job first, with the reason why each job waits',
        tags: ['cluster'],
        response: { 200: QueueView, ...problems() },
      },
    },
    async (request) => app.store.scheduling.queue(shownTeamOf(request)),
  );
};
