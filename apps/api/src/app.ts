import { randomUUID } from 'node:crypto';
import type { Store } from '@crucible/store';
import { quietTelemetry, type Telemetry } from '@crucible/telemetry';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Config } from './config.ts';
import { auth } from './plugins/auth.ts';
import { dashboard } from './plugins/dashboard.ts';
import { answerBrokenRequest, errors, sendProblem } from './plugins/errors.ts';
import { feed } from './plugins/feed.ts';
import { freshConnections } from './plugins/fresh-connections.ts';
import { jobChanges } from './plugins/job-changes.ts';
import { openapi } from './plugins/openapi.ts';
import { queuePlugin } from './plugins/queue.ts';
import { BODY_LIMIT_BYTES, requestBody } from './plugins/request-body.ts';
import { requestLog } from './plugins/request-log.ts';
import { requestMetrics } from './plugins/request-metrics.ts';
import { securityHeaders } from './plugins/security-headers.ts';
import { storePlugin } from './plugins/store.ts';
import { tracingPlugin } from './plugins/tracing.ts';
import { validation } from './plugins/validation.ts';
import type { DispatchQueues } from './queue/dispatch-queues.ts';
import { artifactRoutes } from './routes/artifacts.ts';
import { checkpointContentRoutes } from './routes/checkpoint-content.ts';
import { checkpointRoutes } from './routes/checkpoints.ts';
import { clusterRoutes } from './routes/cluster.ts';
import { errorsPage } from './routes/errors-page.ts';
import { feedRoutes } from './routes/feed.ts';
import { healthRoutes } from './routes/health.ts';
import { jobCommandRoutes } from './routes/job-commands.ts';
import { jobReadRoutes } from './routes/job-reads.ts';
import { jobRoutes } from './routes/jobs.ts';
import { logStreamRoutes } from './routes/log-stream.ts';
import { methodRoutes } from './routes/methods.ts';
import { metricRoutes } from './routes/metrics.ts';
import { VERSION } from './version.ts';

/** What the app is made of; all of it is opened and closed by the caller. */
export interface AppDeps {
  config: Pick<Config, 'dashboardDir'>;
  store: Store;
  queues: DispatchQueues;
  log: FastifyBaseLogger;
  /** @defaultValue nothing is traced, and the metrics are read by nobody */
  telemetry?: Telemetry;
}

/** Time in which a request must have arrived as a whole; answers may take as long as they want. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Ids from outside end in the log: only short and harmless ones are taken over. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

const requestIdOf = (header: string | string[] | undefined): string =>
  typeof header === 'string' && REQUEST_ID.test(header) ? header : randomUUID();

/** Puts the HTTP side together. It does not listen yet. */
export async function buildApp({
  config,
  store,
  queues,
  log,
  telemetry = quietTelemetry('api'),
}: AppDeps): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }), // request-log.ts writes one line per request
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      sendProblem(error, request, reply);
    },
  });
  await app.register(freshConnections);
  await app.register(errors);
  await app.register(validation);
  await app.register(requestBody);
  await app.register(requestLog);
  await app.register(securityHeaders);
  await app.register(storePlugin, { store });
  await app.register(queuePlugin, { queues });
  await app.register(feed);
  await app.register(requestMetrics, telemetry);
  await app.register(tracingPlugin, telemetry);
  await app.register(jobChanges);
  await app.register(auth);
  await app.register(openapi, { version: VERSION });
  await app.register(dashboard, { dir: config.dashboardDir });

  await app.register(healthRoutes);
  await app.register(errorsPage);
  for (const routes of [
    methodRoutes,
    jobRoutes,
    jobCommandRoutes,
    jobReadRoutes,
    logStreamRoutes,
    metricRoutes,
    artifactRoutes,
    checkpointRoutes,
    checkpointContentRoutes,
    feedRoutes,
    clusterRoutes,
  ])
    await app.register(routes, { prefix: '/v1' });
  return app;
}
