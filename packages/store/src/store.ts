import type { Artifacts } from './artifacts.ts';
import type { Attempts } from './attempts.ts';
import type { Channel } from './channels.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Events } from './events.ts';
import type { Idempotency } from './idempotency.ts';
import type { Jobs } from './jobs.ts';
import type { Keys } from './keys.ts';
import type { Leader } from './leader.ts';
import type { Listener } from './listen.ts';
import type { Logs } from './logs.ts';
import type { Metrics } from './metrics.ts';
import type { Outbox } from './outbox.ts';
import type { Scheduling } from './scheduling.ts';
import type { Workers } from './workers.ts';

export interface StoreOptions {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE` */
  databaseUrl: string;
  /** shown by Postgres beside each connection */
  applicationName: string;
  /** connections that it may open, besides one per listener and one for the lead */
  poolSize: number;
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
  readonly leader: Leader;
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
export function createStore(_options: StoreOptions): Store {
  throw new Error('the store has its signatures only');
}
