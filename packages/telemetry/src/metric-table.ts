/** One metric that a process exposes. */
export interface MetricEntry {
  kind: 'counter' | 'gauge' | 'histogram';
  /** processes that expose it */
  by: readonly ('api' | 'worker')[];
  /** each has few values by construction: never an id */
  labels: readonly string[];
  help: string;
  /** upper bounds in seconds, for histograms */
  buckets?: readonly number[];
}

const QUICK = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SLOW = [0.05, 0.15, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];

/**
 * Every metric of Crucible, by name. What "from Postgres" says is the same in every API process: take `max`, not `sum`.
 * All else belongs to the process that tells it. The page `docs/operations.md` lists these names; a test compares.
 */
export const METRICS = {
  crucible_jobs: {
    kind: 'gauge',
    by: ['api'],
    labels: ['state', 'team'],
    help: 'Jobs by state and team, from Postgres.',
  },
  crucible_slots: {
    kind: 'gauge',
    by: ['api'],
    labels: ['state', 'pool'],
    help: 'Slots by pool, from Postgres: free and busy ones of ready workers, those of draining and of lost (bad) ones.',
  },
  crucible_attempts_ended_total: {
    kind: 'counter',
    by: ['api'],
    labels: ['outcome', 'end_code'],
    help: 'Attempts that ended, from Postgres.',
  },
  crucible_gpu_seconds_total: {
    kind: 'counter',
    by: ['api', 'worker'],
    labels: ['team', 'class'],
    help: 'Slot-seconds, those of CPU slots too. From Postgres: productive ones, and lost ones behind the last checkpoint of an attempt that broke. From each worker: idle ones, without a team.',
  },
  crucible_checkpoint_bytes: {
    kind: 'gauge',
    by: ['api'],
    labels: ['kind'],
    help: 'Bytes of committed checkpoints, from Postgres: logical as written, physical with equal chunks stored once (artifacts included).',
  },
  crucible_outbox_lag_seconds: {
    kind: 'gauge',
    by: ['api'],
    labels: [],
    help: 'Age of the oldest dispatch that has not reached Redis, from Postgres; 0 when there is none.',
  },
  crucible_feed_lag_seconds: {
    kind: 'gauge',
    by: ['api'],
    labels: [],
    help: 'Age of the oldest event that has no place in the feed yet, from Postgres; 0 when there is none.',
  },
  crucible_oldest_transaction_seconds: {
    kind: 'gauge',
    by: ['api'],
    labels: [],
    help: 'Age of the oldest open transaction of this database, from Postgres.',
  },
  crucible_dead_rows_ratio: {
    kind: 'gauge',
    by: ['api'],
    labels: [],
    help: 'Dead rows per live row of the table that needs vacuum most (of those with 10,000 dead rows or more), from Postgres.',
  },
  crucible_keys_expiring: {
    kind: 'gauge',
    by: ['api'],
    labels: [],
    help: 'API keys in use that expire within 7 days, from Postgres.',
  },
  crucible_leaders: {
    kind: 'gauge',
    by: ['api'],
    labels: [],
    help: '1 when some API process leads, from Postgres.',
  },
  crucible_scheduler_leader: {
    kind: 'gauge',
    by: ['api'],
    labels: [],
    help: '1 when this API process leads: it plans, relays and repairs.',
  },
  crucible_scheduler_pass_seconds: {
    kind: 'histogram',
    by: ['api'],
    labels: [],
    buckets: QUICK,
    help: 'Time of a scheduling pass: read, plan, apply.',
  },
  crucible_lease_expired_total: {
    kind: 'counter',
    by: ['api'],
    labels: [],
    help: 'Attempts that this process ended because their lease ran out.',
  },
  crucible_sse_clients: {
    kind: 'gauge',
    by: ['api'],
    labels: [],
    help: 'Open event streams and long polls of this process.',
  },
  crucible_redis_used_ratio: {
    kind: 'gauge',
    by: ['api'],
    labels: [],
    help: 'Memory of Redis over its maxmemory, or over the memory of its machine when it has no limit.',
  },
  crucible_http_request_seconds: {
    kind: 'histogram',
    by: ['api'],
    labels: ['route', 'code'],
    buckets: QUICK,
    help: 'Time to answer a request, by route pattern and status.',
  },
  crucible_queue_wait_seconds: {
    kind: 'histogram',
    by: ['worker'],
    labels: ['tier'],
    buckets: SLOW,
    help: 'Time from when a job was queued, or might start, to its claim by this worker.',
  },
  crucible_dispatch_latency_seconds: {
    kind: 'histogram',
    by: ['worker'],
    labels: [],
    buckets: QUICK,
    help: 'Time from the decision to dispatch an attempt to its claim by this worker.',
  },
  crucible_fenced_writes_total: {
    kind: 'counter',
    by: ['worker'],
    labels: [],
    help: 'Writes of this worker that were refused because its attempt no longer owned the job.',
  },
  crucible_duplicate_deliveries_total: {
    kind: 'counter',
    by: ['worker'],
    labels: [],
    help: 'Messages of the queue whose attempt was no longer to be had.',
  },
  crucible_metric_points_total: {
    kind: 'counter',
    by: ['worker'],
    labels: [],
    help: 'Metric points that were stored.',
  },
  crucible_ingest_batch_seconds: {
    kind: 'histogram',
    by: ['worker'],
    labels: [],
    buckets: QUICK,
    help: 'Time to store a batch of metric points.',
  },
  crucible_ingest_lag_seconds: {
    kind: 'gauge',
    by: ['worker'],
    labels: [],
    help: 'Age of the oldest metric point that was reported and is not stored yet; 0 when all are.',
  },
  crucible_spool_bytes: {
    kind: 'gauge',
    by: ['worker'],
    labels: [],
    help: 'Bytes on disk that wait to be stored.',
  },
  crucible_checkpoint_seconds: {
    kind: 'histogram',
    by: ['worker'],
    labels: ['phase'],
    buckets: SLOW,
    help: 'Time of a checkpoint: store from its announcement to its commit, commit alone, read of one chunk at a restore.',
  },
  crucible_pg_pool_wait_seconds: {
    kind: 'histogram',
    by: ['api', 'worker'],
    labels: [],
    buckets: QUICK,
    help: 'Time until a connection of the pool was free.',
  },
  crucible_event_loop_lag_seconds: {
    kind: 'gauge',
    by: ['api', 'worker'],
    labels: [],
    help: '99th percentile of the delay of the event loop since the last scrape.',
  },
  crucible_process_memory_bytes: {
    kind: 'gauge',
    by: ['api', 'worker'],
    labels: [],
    help: 'Resident memory of the process.',
  },
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof METRICS;
