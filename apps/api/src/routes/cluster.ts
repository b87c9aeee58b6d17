import { QueueQuery, QueueView, type WorkerHold, WorkerList, WorkerView } from '@crucible/contracts';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { readLiveQueue } from '../live-queue.ts';
import { problems, WorkerParams } from '../openapi/route-schemas.ts';
import { shownTeamOf } from '../plugins/auth.ts';

/** What an operator may ask of a worker, and what it then is held to. */
const HOLDS: Readonly<Record<string, { hold: WorkerHold | null; summary: string; description: string }>> = {
  cordon: {
    hold: 'cordoned',
    summary: 'Give a worker no new attempts',
    description: 'Those that it runs go on. Outlasts restarts of the worker; `uncordon` ends it.',
  },
  uncordon: { hold: null, summary: 'Let a worker that was cordoned work again', description: 'Also ends a drain.' },
  drain: {
    hold: 'draining',
    summary: 'Empty a worker',
    description: 'Its jobs write a checkpoint and go on elsewhere. Outlasts restarts of the worker; `undrain` ends it.',
  },
  undrain: { hold: null, summary: 'Let a worker that was drained work again', description: 'Also ends a cordon.' },
};

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

  for (const [verb, { hold, summary, description }] of Object.entries(HOLDS))
    app.post(
      `/workers/:id/${verb}`,
      {
        config: { access: 'cluster:operate' },
        schema: {
          operationId: `${verb}Worker`,
          summary,
          description,
          tags: ['cluster'],
          params: WorkerParams,
          response: { 200: WorkerView, ...problems('not-found') },
        },
      },
      async (request) => app.store.workers.hold(request.params.id, hold),
    );

  app.get(
    '/queue',
    {
      config: { access: 'cluster:read' },
      schema: {
        operationId: 'getQueue',
        summary: 'Read the queue, next job first, with the reason why each job waits',
        tags: ['cluster'],
        querystring: QueueQuery,
        response: { 200: QueueView, ...problems('invalid-request') },
      },
    },
    async (request) => readLiveQueue(app.store.scheduling, request.query, shownTeamOf(request)),
  );
};
