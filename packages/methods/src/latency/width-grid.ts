import type { TimedUnit, UnitShape } from '@crucible/contracts';

/** Measured latencies by in and out width, of units that are alike in all else. */
export type WidthGrids = ReadonlyMap<string, ReadonlyMap<number, ReadonlyMap<number, number>>>;

const alike = ({ kind, kernel, hidden, out, stride, shortcut, resolution }: UnitShape): string =>
  `${kind} ${kernel} ${hidden / out} ${stride} ${shortcut} ${resolution}`;

/** The measured units by all but their widths. */
export function widthGrids(units: readonly TimedUnit[]): WidthGrids {
  const grids = new Map<string, Map<number, Map<number, number>>>();
  for (const unit of units) {
    const grid = grids.get(alike(unit)) ?? new Map<number, Map<number, number>>();
    const row = grid.get(unit.in) ?? new Map<number, number>();
    row.set(unit.out, unit.ms);
    grid.set(unit.in, row);
    grids.set(alike(unit), grid);
  }
  return grids;
}

/**
 * Latency between the nearest measured widths: linear in both, or along the diagonal where in and out width are one.
 *
 * @returns null if the widths lie outside of what was measured: nothing is extrapolated
 */
export function betweenWidths(grids: WidthGrids, shape: UnitShape): number | null {
  const grid = grids.get(alike(shape));
  if (grid === undefined) return null;
  if (shape.shortcut === 'identity') {
    const diagonal = [...grid.keys()].filter((width) => grid.get(width)?.has(width));
    const [low, high] = neighbours(diagonal, shape.in);
    return between(shape.in, low, grid.get(low)?.get(low), high, grid.get(high)?.get(high));
  }
  const [lowIn, highIn] = neighbours([...grid.keys()], shape.in);
  const [lowRow, highRow] = [grid.get(lowIn), grid.get(highIn)];
  if (lowRow === undefined || highRow === undefined) return null;
  const outs = [...lowRow.keys()].filter((width) => highRow.has(width));
  const [low, high] = neighbours(outs, shape.out);
  const atLow = between(shape.in, lowIn, lowRow.get(low), highIn, highRow.get(low));
  const atHigh = between(shape.in, lowIn, lowRow.get(high), highIn, highRow.get(high));
  return atLow === null || atHigh === null ? null : between(shape.out, low, atLow, high, atHigh);
}

/** The nearest of `widths` at or below `width` and at or above it; NaN where there is none. */
const neighbours = (widths: readonly number[], width: number): [low: number, high: number] => {
  const below = widths.filter((value) => value <= width);
  const above = widths.filter((value) => value >= width);
  return [below.length === 0 ? Number.NaN : Math.max(...below), above.length === 0 ? Number.NaN : Math.min(...above)];
};

const between = (
  at: number,
  low: number,
  valueAtLow: number | undefined,
  high: number,
  valueAtHigh: number | undefined,
): number | null => {
  if (valueAtLow === undefined || valueAtHigh === undefined) return null;
  if (high === low) return valueAtLow;
  return valueAtLow + ((valueAtHigh - valueAtLow) * (at - low)) / (high - low);
};
