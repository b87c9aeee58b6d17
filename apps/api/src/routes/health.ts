import { Readiness, VersionView } from '@crucible/contracts';
import { NEWEST_MIGRATION } from '@crucible/store';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { degradationOf } from '../degradation.ts';
import { VERSION } from '../version.ts';

const isFulfilled = async (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

/** `/healthz`, `/readyz` and `/v1/version`: open to everyone, and silent in the log. */
export const healthRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/healthz',
    {
      config: { access: 'open' },
      logLevel: 'warn',
      schema: {
        operationId: 'getHealth',
        summary: 'Tell that the process answers',
        tags: ['health'],
        security: [],
        response: { 200: Type.Object({ status: Type.Literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      config: { access: 'open' },
      logLevel: 'warn',
      schema: {
        operationId: 'getReadiness',
        summary: 'Tell what works now',
        description:
          '503 only without Postgres. Without Redis or a leader jobs are accepted, and their dispatch waits.',
        tags: ['health'],
        security: [],
        response: { 200: Readiness, 503: Readiness },
      },
    },
    async (_request, reply) => {
      const { store } = app;
      const [postgres, redis] = await Promise.all([isFulfilled(store.ping()), app.queues.isReady()]);
      const isMigrated = postgres && (await store.migrationsApplied().catch(() => false));
      const leader = postgres && (await store.leader.isLed().catch(() => false));
      const { degraded, reasons } = degradationOf({ postgres, isMigrated, redis, leader });
      const isDown = !isMigrated;
      const status = isDown ? 'down' : degraded.length > 0 ? 'degraded' : 'ready';
      return reply.code(isDown ? 503 : 200).send({ status, postgres, redis, leader, degraded, reasons });
    },
  );

  app.get(
    '/v1/version',
    {
      config: { access: 'open' },
      schema: {
        operationId: 'getVersion',
        summary: 'Tell which version answers',
        tags: ['health'],
        security: [],
        response: { 200: VersionView },
      },
    },
    async () => ({ version: VERSION, migration: NEWEST_MIGRATION }),
  );
};
