import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricEntry, type MetricName } from './metric-table.ts';

type NameOf<K extends MetricEntry['kind']> = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends K ? N : never;
}[MetricName];

type LabelsOf<N extends MetricName> = (typeof METRICS)[N]['labels'][number];

/** The metrics of one process. Asking for one that it does not expose is an error of the program. */
export interface Metrics {
  counter<N extends NameOf<'counter'>>(name: N): Counter<LabelsOf<N>>;
  gauge<N extends NameOf<'gauge'>>(name: N): Gauge<LabelsOf<N>>;
  histogram<N extends NameOf<'histogram'>>(name: N): Histogram<LabelsOf<N>>;
  /** Drops every value, so that the metric is absent until one is set. */
  forget(name: MetricName): void;
  /** Calls `read` before each scrape, all readers at once; what it throws is its own to report. */
  beforeScrape(read: () => Promise<void> | void): void;
  /** The page that Prometheus reads. */
  page(): Promise<{ contentType: string; text: string }>;
}

const LAG_RESOLUTION_MS = 20;

/** Makes every metric of `METRICS` that a process of this kind exposes. */
export function createMetrics(process: 'api' | 'worker'): Metrics {
  const registry = new Registry();
  const made = new Map<string, unknown>();
  for (const [name, entry] of Object.entries<MetricEntry>(METRICS)) {
    if (!entry.by.includes(process)) continue;
    const options = { name, help: entry.help, labelNames: [...entry.labels], registers: [registry] };
    if (entry.kind === 'counter') made.set(name, new Counter(options));
    else if (entry.kind === 'gauge') made.set(name, new Gauge(options));
    else made.set(name, new Histogram({ ...options, buckets: [...(entry.buckets ?? [])] }));
  }
  const get = <T>(name: string): T => {
    const metric = made.get(name);
    if (metric === undefined) throw new Error(`${name} is not a metric of ${process}`);
    return metric as T; // the table says of which kind it is
  };
  const readers: (() => Promise<void> | void)[] = [];
  const metrics: Metrics = {
    counter: get,
    gauge: get,
    histogram: get,
    forget: (name) => get<{ reset(): void; remove?(): void }>(name).reset(),
    beforeScrape: (read) => void readers.push(read),
    async page() {
      await Promise.all(readers.map((read) => read()));
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
  watchProcess(metrics);
  return metrics;
}

function watchProcess(metrics: Metrics): void {
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  metrics.beforeScrape(() => {
    const lagMs = delay.count === 0 ? 0 : delay.percentile(99) / 1e6 - LAG_RESOLUTION_MS;
    metrics.gauge('crucible_event_loop_lag_seconds').set(Math.max(0, lagMs) / 1000);
    metrics.gauge('crucible_process_memory_bytes').set(process.memoryUsage.rss());
    delay.reset();
  });
}
