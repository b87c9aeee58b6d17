import { CrucibleError } from '@crucible/contracts';
import { createStore } from '@crucible/store';
import type { FastifyBaseLogger } from 'fastify';
import { buildApp } from './app.ts';
import type { Config } from './config.ts';
import { startElection } from './leader/election.ts';
import { DispatchQueues } from './queue/dispatch-queues.ts';

/** Connections of one API process, besides its listeners and the lead. */
const POOL_SIZE = 10;

/** A running API process. */
export interface Service {
  /** `http://HOST:PORT` */
  url: string;
  /** Stops in order: streams and requests, the lead, Redis, Postgres. */
  close(): Promise<void>;
}

/** Starts everything that an API process does and returns once it listens. Redis may be away. */
export async function startService(config: Config, log: FastifyBaseLogger): Promise<Service> {
  const store = createStore({
    databaseUrl: config.databaseUrl,
    applicationName: 'crucible-api',
    poolSize: POOL_SIZE,
    leaseSeconds: config.leaseSeconds,
  });
  const queues = new DispatchQueues(config.redisUrl, log);
  const closeConnections = async (): Promise<void> => {
    await queues.close();
    await store.close();
  };
  try {
    if (!(await store.migrationsApplied()))
      throw new CrucibleError('unavailable', 'The database lacks migrations: run `npx prisma migrate deploy` first.');
    const app = await buildApp({ config, store, queues, log });
    const url = await app.listen({ host: config.host, port: config.port });
    const election = startElection({ store, queues, log, scrubDays: config.scrubDays });
    return {
      url,
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
