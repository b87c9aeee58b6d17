import type { CurrentFigures, Store, StoredFigures } from '@crucible/store';
import type { Metrics } from '@crucible/telemetry';
import type { FastifyBaseLogger } from 'fastify';

/** Two scrapers together cost Postgres no more than one. */
const CURRENT_CACHE_MS = 2000;
const STORED_CACHE_MS = 60_000;
/** Prometheus gives a scrape ten seconds by default. */
const READ_LIMIT_MS = 3000;

const OF_CURRENT = [
  'crucible_jobs',
  'crucible_slots',
  'crucible_attempts_ended_total',
  'crucible_outbox_lag_seconds',
  'crucible_feed_lag_seconds',
  'crucible_oldest_transaction_seconds',
  'crucible_dead_rows_ratio',
  'crucible_keys_expiring',
  'crucible_leaders',
] as const;

/** Figures that are kept for a while; a failure leaves none, so that an alert on absence can see it. */
function cached<T>(
  read: () => Promise<T>,
  maxAgeMs: number,
  onError: (error: unknown) => void,
): () => Promise<T | null> {
  let value: Promise<T | null> | null = null;
  let readAt = 0;
  return () => {
    if (value === null || performance.now() - readAt > maxAgeMs) {
      readAt = performance.now();
      value = read().catch((error: unknown) => {
        onError(error);
        value = null; // asked again at the next scrape
        return null;
      });
    }
    return value;
  };
}

/** Lets each scrape read what lies in Postgres. While Postgres is away these metrics are absent, the others stay. */
export function observeFigures(
  store: Pick<Store, 'figures' | 'leader'>,
  metrics: Metrics,
  log: Pick<FastifyBaseLogger, 'warn'>,
): void {
  const warn = (error: unknown) => log.warn({ err: error }, 'a scrape could not read its figures from Postgres');
  const readCurrent = async () => ({
    ...(await store.figures.current(READ_LIMIT_MS)),
    isLed: await store.leader.isLed(),
  });
  const current = cached(readCurrent, CURRENT_CACHE_MS, warn);
  const stored = cached(() => store.figures.stored(READ_LIMIT_MS), STORED_CACHE_MS, warn);
  metrics.beforeScrape(async () => {
    const [now, sums] = await Promise.all([current(), stored()]);
    showCurrent(now, metrics);
    showStored(sums, metrics);
  });
}

function showCurrent(figures: (CurrentFigures & { isLed: boolean }) | null, metrics: Metrics): void {
  for (const name of OF_CURRENT) metrics.forget(name);
  if (figures === null) return;
  for (const { state, team, count } of figures.jobs) metrics.gauge('crucible_jobs').set({ state, team }, count);
  for (const { state, pool, count } of figures.slots) metrics.gauge('crucible_slots').set({ state, pool }, count);
  for (const { outcome, endCode, count } of figures.attemptsEnded)
    metrics.counter('crucible_attempts_ended_total').inc({ outcome, end_code: endCode }, count);
  metrics.gauge('crucible_outbox_lag_seconds').set(figures.outboxLagSeconds);
  metrics.gauge('crucible_feed_lag_seconds').set(figures.feedLagSeconds);
  metrics.gauge('crucible_oldest_transaction_seconds').set(figures.oldestTransactionSeconds);
  metrics.gauge('crucible_dead_rows_ratio').set(figures.deadRowsRatio);
  metrics.gauge('crucible_keys_expiring').set(figures.numKeysExpiring);
  metrics.gauge('crucible_leaders').set(figures.isLed ? 1 : 0);
}

function showStored(figures: StoredFigures | null, metrics: Metrics): void {
  metrics.forget('crucible_gpu_seconds_total');
  metrics.forget('crucible_checkpoint_bytes');
  if (figures === null) return;
  for (const { team, class: kind, seconds } of figures.slotSeconds)
    metrics.counter('crucible_gpu_seconds_total').inc({ team, class: kind }, Math.max(0, seconds));
  const { logical, physical } = figures.checkpointBytes;
  metrics.gauge('crucible_checkpoint_bytes').set({ kind: 'logical' }, logical);
  metrics.gauge('crucible_checkpoint_bytes').set({ kind: 'physical' }, physical);
}
