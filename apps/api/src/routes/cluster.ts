import {
  QueueQuery,
  QueueView,
  SchedulingPassList,
  SchedulingPassView,
  type WorkerHold,
  WorkerList,
  WorkerView,
} from '@crucible/contracts';
import type { SchedulingPolicy } from '@crucible/scheduler';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
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

const MAX_PASSES = 500;

const PassParams = Type.Object({ id: Type.String({ pattern: '^[0-9]{1,18}$' }) });

/** `/v1/workers`, `/v1/queue` and `/v1/scheduling-passes`: who runs jobs, and which jobs wait for them. */
export const clusterRoutes: FastifyPluginAsyncTypebox<{ policy: SchedulingPolicy }> = async (app, { policy }) => {
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
    async (request) => readLiveQueue(app.store.scheduling, request.query, shownTeamOf(request), policy),
  );

  app.get(
    '/scheduling-passes',
    {
      config: { access: 'cluster:operate' },
      schema: {
        operationId: 'listSchedulingPasses',
        summary: 'List the passes that started, stopped or refused something, newest first',
        description: 'Of the last 24 hours, at most the newest 500.',
        tags: ['cluster'],
        response: { 200: SchedulingPassList, ...problems() },
      },
    },
    async () => ({ data: await app.store.scheduling.passes(MAX_PASSES) }),
  );

  app.get(
    '/scheduling-passes/:id',
    {
      config: { access: 'cluster:operate' },
      schema: {
        operationId: 'getSchedulingPass',
        summary: 'Read what a pass saw and decided, for `./crucible sched replay`',
        tags: ['cluster'],
        params: PassParams,
        response: { 200: SchedulingPassView, ...problems('not-found', 'invalid-request') },
      },
    },
    async (request) => (await app.store.scheduling.pass(request.params.id)) as SchedulingPassView,
  );
};
