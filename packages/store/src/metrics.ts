import type { MetricPoint, PointsQuery, PointsView, SeriesView } from '@crucible/contracts';
import type { AttemptFence } from './fence.ts';

/** A batch of one stream of an attempt. Sequences start at 1 and rise by one; each stream has its own. */
export interface Batch extends AttemptFence {
  sequence: number;
}

export interface MetricBatch extends Batch {
  points: readonly MetricPoint[];
}

/** `isDuplicate`: the batch had been stored before and changed nothing. */
export interface BatchReceipt {
  isDuplicate: boolean;
}

/** Named scalars over steps. */
export interface Metrics {
  /**
   * Stores a batch, once.
   *
   * @throws `stale-fence`; `sequence-gap` with `expected` in its detail; `too-many-series`; `payload-too-large`
   */
  appendBatch(batch: MetricBatch): Promise<BatchReceipt>;
  /** By key. @throws `not-found` for an unknown job */
  series(jobId: string): Promise<SeriesView[]>;
  /**
   * One curve in order of steps, without the points that a later attempt replaced by resuming before them.
   * More than `maxPoints` are merged into buckets whose extremes are kept, as are the last point and the shape.
   *
   * @throws `not-found` for an unknown job; a key without points gives an empty curve
   */
  points(jobId: string, query: PointsQuery): Promise<PointsView>;
}
