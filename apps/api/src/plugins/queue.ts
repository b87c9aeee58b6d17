import plugin from 'fastify-plugin';
import type { DispatchQueues } from '../queue/dispatch-queues.ts';

declare module 'fastify' {
  interface FastifyInstance {
    queues: DispatchQueues;
  }
}

/** The queues in Redis, for the readiness answer. Only the leader writes to them. */
export const queuePlugin = plugin<{ queues: DispatchQueues }>(
  async (app, { queues }) => {
    app.decorate('queues', queues);
  },
  { name: 'queue' },
);
