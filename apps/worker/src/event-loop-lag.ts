import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;

/** Watches how long the event loop of this process is held up: heartbeats and uploads share it. */
export interface EventLoopLag {
  /** The 99th percentile of the delay since it was last asked, in milliseconds. */
  takeMs(): number;
  close(): void;
}

export function watchEventLoopLag(): EventLoopLag {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    takeMs() {
      const lag = histogram.count === 0 ? 0 : histogram.percentile(99) / 1e6;
      histogram.reset();
      return Math.round(10 * Math.max(0, lag - RESOLUTION_MS)) / 10; // the histogram counts the timer's own interval
    },
    close: () => histogram.disable(),
  };
}
