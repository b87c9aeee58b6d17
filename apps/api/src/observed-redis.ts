import type { Metrics } from '@crucible/telemetry';
import type { DispatchQueues } from './queue/dispatch-queues.ts';

/** Lets each scrape ask Redis how full it is. While Redis is away the metric is absent. */
export function observeRedis(queues: DispatchQueues, metrics: Metrics): void {
  metrics.beforeScrape(async () => {
    const ratio = await queues.usedRatio();
    if (ratio === null) metrics.forget('crucible_redis_used_ratio');
    else metrics.gauge('crucible_redis_used_ratio').set(ratio);
  });
}
