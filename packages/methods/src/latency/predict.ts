/**
 * @file Latency of a network from the latencies of its units: their sum plus a constant. A unit is looked up; else read
 * off between measured widths of the same kind; else estimated by the work that it does.
 */
import type { LatencyTable, SuperBlock, TimedUnit, UnitKind, UnitShape } from '@crucible/contracts';
import { nonNegativeFit } from './non-negative-fit.ts';
import { type ImageTask, keyOf, unitShapes, workOf } from './unit-shape.ts';
import { betweenWidths, type WidthGrids, widthGrids } from './width-grid.ts';

/** Where the latency of a unit comes from. */
export type LatencySource = 'measured' | 'interpolated' | 'estimated';

/** Milliseconds per image of a unit. */
export interface UnitLatency {
  ms: number;
  source: LatencySource;
}

/** Answers for one table. */
export interface LatencyPredictor {
  unit(shape: UnitShape): UnitLatency;
  /** Milliseconds per image of a network with links and head, without squeeze-and-excitation. */
  network(blocks: readonly SuperBlock[], image: ImageTask): number;
}

type Measured = Pick<LatencyTable, 'units' | 'overheadMs'>;

/** Predicts from a table; what it was asked before it remembers. */
export function latencyPredictor({ units, overheadMs }: Measured): LatencyPredictor {
  const measured = new Map(units.map((unit) => [keyOf(unit), unit.ms]));
  const grids: WidthGrids = widthGrids(units);
  const estimates = new Map<UnitKind, (shape: UnitShape) => number>();
  const known = new Map<string, UnitLatency>();
  const estimate = (shape: UnitShape): number => {
    let byWork = estimates.get(shape.kind);
    if (byWork === undefined) {
      byWork = fitByWork(units, shape.kind);
      estimates.set(shape.kind, byWork);
    }
    return byWork(shape);
  };
  const look = (shape: UnitShape, key: string): UnitLatency => {
    const exact = measured.get(key);
    if (exact !== undefined) return { ms: exact, source: 'measured' };
    const between = betweenWidths(grids, shape);
    if (between !== null) return { ms: between, source: 'interpolated' };
    return { ms: estimate(shape), source: 'estimated' };
  };
  const unit = (shape: UnitShape): UnitLatency => {
    const key = keyOf(shape);
    let found = known.get(key);
    if (found === undefined) {
      found = look(shape, key);
      known.set(key, found);
    }
    return found;
  };
  return {
    unit,
    network: (blocks, image) =>
      Math.max(
        0,
        unitShapes(blocks, image).reduce((sum, shape) => sum + unit(shape).ms, overheadMs),
      ),
  };
}

const predictors = new WeakMap<Measured, LatencyPredictor>();

/** Milliseconds per image that a table predicts for a network: the sum of its units and a constant. */
export function predictLatency(table: Measured, blocks: readonly SuperBlock[], image: ImageTask): number {
  let predictor = predictors.get(table);
  if (predictor === undefined) {
    predictor = latencyPredictor(table);
    predictors.set(table, predictor);
  }
  return predictor.network(blocks, image);
}

/** A kind with fewer measured units than this is estimated from those of all kinds. */
const FEWEST = 6;

/** Time as a sum of work, none of it negative: per pass, per dense and depth-wise multiply-accumulate, per value moved. */
function fitByWork(units: readonly TimedUnit[], kind: UnitKind): (shape: UnitShape) => number {
  const ofKind = units.filter((unit) => unit.kind === kind);
  const used = ofKind.length >= FEWEST ? ofKind : units;
  const columns = (shape: UnitShape): number[] => {
    const { denseMacs, depthwiseMacs, elements } = workOf(shape);
    // the same order of magnitude in all columns
    return [1, denseMacs / 1e6, depthwiseMacs / 1e6, elements / 1e6];
  };
  // errors count relative to the latency: a search compares networks by ratios
  const weight = (unit: TimedUnit): number => 1 / Math.max(unit.ms, 1e-9);
  const rows = used.map((unit) => columns(unit).map((value) => value * weight(unit)));
  const coefficients = nonNegativeFit(
    rows,
    used.map((unit) => unit.ms * weight(unit)),
  );
  return (shape) => columns(shape).reduce((sum, value, i) => sum + value * (coefficients[i] as number), 0);
}
