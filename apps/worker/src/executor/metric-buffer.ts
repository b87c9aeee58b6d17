import type { MetricPoint } from '@crucible/contracts';

const MAX_POINTS = 500;
const MAX_AGE_MS = 250;

/** Gathers the points of a child, so that a message holds many of them. */
export interface MetricBuffer {
  add(points: readonly MetricPoint[]): void;
  /** Sends what has been gathered. */
  flush(): void;
  /** Sends what has been gathered if the oldest point has waited long enough. */
  flushIfOld(): void;
}

/** @param send gets up to a few hundred points, in the order in which they were added */
export function createMetricBuffer(send: (points: MetricPoint[]) => void, nowMs: () => number): MetricBuffer {
  let points: MetricPoint[] = [];
  let since = 0;
  const flush = () => {
    if (points.length === 0) return;
    send(points);
    points = [];
  };
  const flushIfOld = () => {
    if (points.length >= MAX_POINTS || (points.length > 0 && nowMs() - since >= MAX_AGE_MS)) flush();
  };
  return {
    add(added) {
      if (points.length === 0) since = nowMs();
      points.push(...added);
      flushIfOld();
    },
    flush,
    flushIfOld,
  };
}
