import uPlot from 'uplot';
import type { Curve } from './curve.ts';

/** Columns for uPlot: the steps of all curves in one, then per curve its values and, if any curve has one, its band. */
export function alignCurves(curves: readonly Curve[], withBands: boolean): uPlot.AlignedData {
  const tables = curves.map((curve): uPlot.AlignedData => {
    if (!withBands) return [curve.steps, curve.values];
    return [curve.steps, curve.values, curve.lo ?? curve.values, curve.hi ?? curve.values];
  });
  if (tables.length === 0) return [[]];
  // A step that one curve alone has is no gap in the others (undefined); a value that was not finite is one (null).
  return tables.length === 1 ? (tables[0] ?? [[]]) : uPlot.join(tables);
}

export const hasBands = (curves: readonly Curve[]): boolean => curves.some(({ lo }) => lo !== null);
