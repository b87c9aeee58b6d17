import { LEASE_SECONDS } from '@crucible/contracts';
import { type Artifacts, createArtifacts } from './artifacts.ts';
import { type Attempts, createAttempts } from './attempts.ts';
import type { Channel } from './channels.ts';
import { type Checkpoints, createCheckpoints } from './checkpoints.ts';
import { openDatabase } from './database.ts';
import { reportingUnavailable } from './database-error.ts';
import { createEvents, type Events } from './events.ts';
import { createFigures, type Figures } from './figures.ts';
import { createIdempotency, type Idempotency } from './idempotency.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { createKeys, type Keys } from './keys.ts';
import { createLeader, type Leader } from './leader.ts';
import { type Listener, listen } from './listen.ts';
import { createLogs, type Logs } from './logs.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { isMigrated } from './migrations.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createRetention, type Retention } from './retention.ts';
import { createScheduling, type Scheduling } from './scheduling.ts';
import { createTraces, type Traces } from './traces.ts';
import { createWorkers, type Workers } from './workers.ts';

export interface StoreOptions {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE` */
  databaseUrl: string;
  /** shown by Postgres beside each connection */
  applicationName: string;
  /** connections that it may open, besides one per listener and one for the lead */
  poolSize: number;
  /** time that an attempt owns its job after a heartbeat; the same in every process of a cluster @defaultValue 30 */
  leaseSeconds?: number;
  /**
   * a call that Postgres does not answer fails after this time, and its connection is given up: after a cut of the
   * network it may never come back; null: it waits for ever @defaultValue null
   */
  answerLimitMs?: number | null;
  /** told how long each statement or transaction waited for a connection, in seconds */
  onPoolWait?: (seconds: number) => void;
}

/** Everything that lies in Postgres, which is the truth of the system. */
export interface Store {
  readonly jobs: Jobs;
  readonly attempts: Attempts;
  readonly metrics: Metrics;
  readonly logs: Logs;
  readonly checkpoints: Checkpoints;
  readonly artifacts: Artifacts;
  readonly workers: Workers;
  readonly scheduling: Scheduling;
  readonly outbox: Outbox;
  readonly events: Events;
  readonly keys: Keys;
  readonly idempotency: Idempotency;
  readonly retention: Retention;
  readonly leader: Leader;
  readonly figures: Figures;
  readonly traces: Traces;
  readonly leaseSeconds: number;
  /**
   * Calls `handler` with the payload of each notification. After a broken connection it is called once with an
   * empty payload, since notifications may have been missed.
   */
  listen(channel: Channel, handler: (payload: string) => void): Promise<Listener>;
  /** @throws `unavailable` when Postgres does not answer */
  ping(): Promise<void>;
  /** True when the newest migration that this code needs is in the database. */
  migrationsApplied(): Promise<boolean>;
  /** Closes every connection, listeners and the lead included. */
  close(): Promise<void>;
}

/** Opens the store. It connects when it is first used, not here. */
export function createStore(options: StoreOptions): Store {
  const { databaseUrl, applicationName, leaseSeconds = LEASE_SECONDS, answerLimitMs = null } = options;
  const database = openDatabase({ ...options, leaseSeconds, answerLimitMs });
  const leader = createLeader(database, databaseUrl, applicationName);
  const listeners = new Set<Listener>();
  const connection = reportingUnavailable({
    async listen(channel: Channel, handler: (payload: string) => void): Promise<Listener> {
      const subscription = await listen(databaseUrl, applicationName, channel, handler);
      const listener = {
        async close() {
          listeners.delete(listener);
          await subscription.close();
        },
      };
      listeners.add(listener);
      return listener;
    },
    async ping(): Promise<void> {
      await database.pool.query('select 1');
    },
    migrationsApplied: () => isMigrated(database.pool),
  });
  return {
    jobs: reportingUnavailable(createJobs(database)),
    attempts: reportingUnavailable(createAttempts(database)),
    metrics: reportingUnavailable(createMetrics(database)),
    logs: reportingUnavailable(createLogs(database)),
    checkpoints: reportingUnavailable(createCheckpoints(database)),
    artifacts: reportingUnavailable(createArtifacts(database)),
    workers: reportingUnavailable(createWorkers(database)),
    scheduling: reportingUnavailable(createScheduling(database)),
    outbox: reportingUnavailable(createOutbox(database)),
    events: reportingUnavailable(createEvents(database)),
    keys: reportingUnavailable(createKeys(database)),
    idempotency: reportingUnavailable(createIdempotency(database)),
    retention: reportingUnavailable(createRetention(database)),
    leader: reportingUnavailable(leader.part),
    figures: reportingUnavailable(createFigures(database)),
    traces: reportingUnavailable(createTraces(database)),
    leaseSeconds,
    ...connection,
    async close() {
      await Promise.all([...listeners].map((listener) => listener.close()));
      await leader.close();
      await database.prisma.$disconnect();
      await database.pool.end();
    },
  };
}
