import { QueueView, WorkerList } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { problems } from '../openapi/route-schemas.ts';

/** `/v1/workers` and `/v1/queue`: who runs jobs, and which jobs wait for them. */
export const clusterRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/workers',
    {
      config: { access: 'key' },
      schema: {
        operationId: 'listWorkers',
        summary: 'List the workers with their slots and what they run',
        tags: ['cluster'],
        response: { 200: WorkerList, ...problems() },
      },
    },
    async () => ({ data: await app.store.workers.list() }),
  );

  app.get(
    '/queue',
    {
      config: { access: 'key' },
      schema: {
        operationId: 'getQueue',
        summary: 'Read the queue, next job first, with the reason why each job waits',
        tags: ['cluster'],
        response: { 200: QueueView, ...problems() },
      },
    },
    async () => app.store.scheduling.queue(),
  );
};
