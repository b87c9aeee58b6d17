import plugin from 'fastify-plugin';

/** Echoes the id of each request and writes one line when it is answered. */
export const requestLog = plugin(
  async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      reply.header('x-request-id', request.id);
    });
    app.addHook('onResponse', async (request, reply) => {
      request.log.info(
        {
          method: request.method,
          route: request.routeOptions.url ?? null, // the pattern: an address may hold a name
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime * 10) / 10,
          key: request.principal?.id ?? null,
        },
        'answered',
      );
    });
  },
  { name: 'request-log' },
);
