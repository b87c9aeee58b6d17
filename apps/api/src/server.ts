import { CrucibleError } from '@crucible/contracts';
import { createStore } from '@crucible/store';
import { createMetrics, type MetricsServer, openTracing, serveMetrics, type Telemetry } from '@crucible/telemetry';
import type { FastifyBaseLogger } from 'fastify';
import { buildApp } from './app.ts';
import type { Config } from './config.ts';
import { startElection } from './leader/election.ts';
import { observeFigures } from './observed-figures.ts';
import { observeRedis } from './observed-redis.ts';
import { DispatchQueues } from './queue/dispatch-queues.ts';

/** Connections of one API process, besides its listeners and the lead. */
const POOL_SIZE = 10;

/** A running API process. */
export interface Service {
  /** `http://HOST:PORT` */
  url: string;
  /** where Prometheus reads; null when that is off */
  metricsUrl: string | null;
  /** Stops in order: streams and requests, the lead, Redis, Postgres. */
  close(): Promise<void>;
}

/** Starts everything that an API process does and returns once it listens. Redis may be away. */
export async function startService(config: Config, log: FastifyBaseLogger): Promise<Service> {
  const telemetry: Telemetry = {
    metrics: createMetrics('api'),
    tracing: await openTracing(config.otlpEndpoint, 'crucible-api'),
  };
  const { metrics, tracing } = telemetry;
  const store = createStore({
    databaseUrl: config.databaseUrl,
    applicationName: 'crucible-api',
    poolSize: POOL_SIZE,
    leaseSeconds: config.leaseSeconds,
    onPoolWait: (seconds) => metrics.histogram('crucible_pg_pool_wait_seconds').observe(seconds),
  });
  const queues = new DispatchQueues(config.redisUrl, log);
  let metricsServer: MetricsServer | null = null;
  const closeConnections = async (): Promise<void> => {
    await metricsServer?.close();
    await tracing.close();
    await queues.close();
    await store.close();
  };
  try {
    if (!(await store.migrationsApplied()))
      throw new CrucibleError('unavailable', 'The database lacks migrations: run `npx prisma migrate deploy` first.');
    const app = await buildApp({ config, store, queues, log, telemetry });
    const url = await app.listen({ host: config.host, port: config.port });
    const election = startElection({
      store,
      queues,
      log,
      telemetry,
      scrubDays: config.scrubDays,
      retention: config.retention,
    });
    observeFigures(store, metrics, log);
    observeRedis(queues, metrics);
    metricsServer = config.metrics === null ? null : await serveMetrics(metrics, config.metrics);
    return {
      url,
      metricsUrl: metricsServer?.url ?? null,
      close: async () => {
        await app.close();
        await election.stop();
        await closeConnections();
      },
    };
  } catch (error) {
    await closeConnections();
    throw error;
  }
}
