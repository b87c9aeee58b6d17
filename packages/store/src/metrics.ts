import { type ComparedCurve, type CompareMetrics, type PointsView, type SeriesView, toWire } from '@crucible/contracts';
import type { Database } from './database.ts';
import type { BatchReceipt } from './ingest-cursor.ts';
import { assertJobExists } from './job-lookup.ts';
import { appendMetrics, type MetricBatch } from './metric-batch.ts';
import { compareMetrics } from './metric-compare.ts';
import { type PointsRequest, readPoints, tagOf } from './metric-points.ts';
import { rollUp } from './metric-rollup.ts';
import { readSeries } from './series-lookup.ts';

/** Named scalars over steps. */
export interface Metrics {
  /**
   * Stores a batch, once.
   *
   * @throws `stale-fence`; `sequence-gap` with `expected` in its detail; `too-many-series`; `payload-too-large`;
   *   `invalid-request` for a malformed key or step
   */
  appendBatch(batch: MetricBatch): Promise<BatchReceipt>;
  /** By key. @throws `not-found` for an unknown job */
  series(jobId: string): Promise<SeriesView[]>;
  /**
   * One curve in order of steps, without the points that a later attempt replaced by resuming before them; those can
   * be asked for as branches. More than `maxPoints` are thinned: the first and the last point, the extremes and what
   * shapes the curve are kept, every point as it was reported.
   *
   * @throws `not-found` for an unknown job; a key without points gives an empty curve
   */
  points(jobId: string, query: PointsRequest): Promise<PointsView>;
  /** Changes whenever an answer of `points` for the key may. @throws `not-found` for an unknown job */
  pointsTag(jobId: string, key: string): Promise<string>;
  /**
   * A few metrics of many jobs on one grid of steps, summed up by group; without `groupBy` each job is one.
   *
   * @param teamId jobs of other teams count as unknown; null: none does
   * @throws `not-found` for the first unknown job; `invalid-request` when the answer would be too large
   */
  compare(query: CompareMetrics, teamId: string | null): Promise<ComparedCurve[]>;
  /**
   * Brings the buckets of all long series up to date, from which curves are read.
   *
   * @returns how many series had new points
   */
  rollUp(): Promise<number>;
}

export function createMetrics({ pool, prisma }: Database): Metrics {
  return {
    appendBatch: (batch) => appendMetrics(pool, batch),
    async series(jobId) {
      await assertJobExists(pool, jobId);
      const rows = await prisma.series.findMany({ where: { jobId, count: { gt: 0 } }, orderBy: { key: 'asc' } });
      return rows.map((row) => ({
        key: row.key,
        count: Number(row.count),
        firstStep: Number(row.firstStep),
        lastStep: Number(row.lastStep),
        lastValue: toWire(row.lastValue),
        min: row.min,
        max: row.max,
        nonFinite: Number(row.nonFinite),
      }));
    },
    points: (jobId, query) => readPoints(pool, jobId, query),
    pointsTag: async (jobId, key) => tagOf(await readSeries(pool, jobId, key)),
    compare: (query, teamId) => compareMetrics(pool, query, teamId),
    rollUp: () => rollUp(pool),
  };
}
