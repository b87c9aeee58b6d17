import { fromWire, type PointsView, type SeriesView } from '@crucible/contracts';

/** The points of one metric as they are drawn; null is a gap, where the value was not finite. */
export interface Curve {
  steps: number[];
  values: (number | null)[];
  /** extremes inside each bucket, where points were merged */
  lo: (number | null)[] | null;
  hi: (number | null)[] | null;
  /** the series as it stood when the points were read */
  series: SeriesView;
}

/** Points above which a curve is read anew, thinned by the API, instead of growing on. */
const MAX_DRAWN_POINTS = 4000;

type Columns = Pick<PointsView, 'steps' | 'values' | 'lo' | 'hi'>;

const finite = (values: PointsView['values']): (number | null)[] =>
  values.map((value) => (Number.isFinite(fromWire(value)) ? fromWire(value) : null));

/** What must be read to bring `curve` up to `series`: nothing, all of it, or the points behind a step. */
export function missingPoints(curve: Curve | undefined, series: SeriesView): 'nothing' | 'all' | { afterStep: number } {
  if (curve === undefined) return 'all';
  const known = curve.series;
  if (known.count === series.count && known.lastStep === series.lastStep) return 'nothing';
  // Fewer points or an earlier end: an attempt was lost and the next one took a step back.
  if (series.count <= known.count || series.lastStep <= known.lastStep) return 'all';
  if (curve.steps.length > MAX_DRAWN_POINTS) return 'all';
  return { afterStep: known.lastStep };
}

/** A curve from a whole answer. */
export const curveOf = (points: Columns, series: SeriesView): Curve => ({
  steps: points.steps,
  values: finite(points.values),
  lo: points.lo ?? null,
  hi: points.hi ?? null,
  series,
});

/** `curve` with the points of a later answer behind it. */
export function extendCurve(curve: Curve, points: Columns, series: SeriesView): Curve {
  const values = finite(points.values);
  const band = curve.lo !== null && curve.hi !== null;
  return {
    steps: [...curve.steps, ...points.steps],
    values: [...curve.values, ...values],
    lo: band ? [...(curve.lo ?? []), ...(points.lo ?? values)] : null,
    hi: band ? [...(curve.hi ?? []), ...(points.hi ?? values)] : null,
    series,
  };
}
