import type { Metrics } from '@crucible/telemetry';
import plugin from 'fastify-plugin';

/** Times every request, by the pattern of its route: an address may hold an id. */
export const requestMetrics = plugin<{ metrics: Metrics }>(
  async (app, { metrics }) => {
    const seconds = metrics.histogram('crucible_http_request_seconds');
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'none';
      seconds.observe({ route, code: String(reply.statusCode) }, reply.elapsedTime / 1000);
    });
    metrics.beforeScrape(() => metrics.gauge('crucible_sse_clients').set(app.feed.numListeners));
  },
  { name: 'request-metrics', dependencies: ['feed'] },
);
