import {
  type LatencyTable,
  printStructure,
  type SuperBlock,
  type TimedUnit,
  type Timing,
  type UnitShape,
} from '@crucible/contracts';
import type { FeatureSize } from '../nn/layer.ts';
import { kendallTau, spearmanRho } from '../statistics/rank-correlation.ts';
import { predictLatency } from './predict.ts';
import { type MeasureOptions, timeNetwork, timeUnit } from './time-unit.ts';
import { keyOf, unitShapes } from './unit-shape.ts';

/** What is to be measured, in order. */
export interface MeasurePlan {
  input: FeatureSize;
  classes: number;
  units: readonly UnitShape[];
  /** networks that the constant of the predictor is fitted to */
  calibration: readonly (readonly SuperBlock[])[];
  /** networks that nothing is fitted to */
  heldOut: readonly (readonly SuperBlock[])[];
}

/** What has been measured of a plan, from its begin. Plain JSON: a checkpoint holds it, and nothing is measured again. */
export interface Measurements {
  units: TimedUnit[];
  /** of the networks for calibration, then of those held out */
  networks: Timing[];
}

/** Parts of a plan: units and networks. */
export const planLength = ({ units, calibration, heldOut }: MeasurePlan): number =>
  units.length + calibration.length + heldOut.length;

/** Every shape once, in the order of their first appearance. */
export const distinctShapes = (shapes: readonly UnitShape[]): UnitShape[] => [
  ...new Map(shapes.map((shape) => [keyOf(shape), shape])).values(),
];

/**
 * Measures the next part of a plan and adds it.
 *
 * @returns what it took, and what it was; null if there is none left
 */
export async function measureNext(
  plan: MeasurePlan,
  measured: Measurements,
  options: MeasureOptions,
): Promise<{ timing: Timing; what: string } | null> {
  const shape = plan.units[measured.units.length];
  if (shape !== undefined) {
    const timing = await timeUnit(shape, options);
    measured.units.push({ ...shape, ...timing });
    return { timing, what: keyOf(shape) };
  }
  const network = [...plan.calibration, ...plan.heldOut][measured.networks.length];
  if (network === undefined) return null;
  const timing = await timeNetwork(network, plan.input, plan.classes, options);
  measured.networks.push(timing);
  return { timing, what: printStructure(network) };
}

/** The constant of the predictor: the median of what whole networks take beyond the sum of their units; 0 without any. */
function overheadOf(plan: MeasurePlan, { units, networks }: Measurements): number {
  const beyond = plan.calibration
    .map((blocks, i) => (networks[i]?.ms ?? 0) - predictLatency({ units, overheadMs: 0 }, blocks, imageOf(plan)))
    .sort((a, b) => a - b);
  if (beyond.length === 0) return 0;
  const last = beyond.length - 1;
  return ((beyond[Math.floor(last / 2)] as number) + (beyond[Math.ceil(last / 2)] as number)) / 2;
}

const imageOf = ({ input, classes }: MeasurePlan) => ({ resolution: input.height, classes });

/** The measured part of a latency table, with the error of its predictions. */
export function tableOf(
  plan: MeasurePlan,
  measured: Measurements,
): Pick<LatencyTable, 'overheadMs' | 'units' | 'networks' | 'error'> {
  const { units } = measured;
  const overheadMs = overheadOf(plan, measured);
  const networks = plan.heldOut.map((blocks, i) => ({
    structure: printStructure(blocks),
    ...(measured.networks[plan.calibration.length + i] as Timing),
    predictedMs: predictLatency({ units, overheadMs }, blocks, imageOf(plan)),
  }));
  const predicted = networks.map(({ predictedMs }) => predictedMs);
  const actual = networks.map(({ ms }) => ms);
  const errors = networks.map(({ ms, predictedMs }) => Math.abs(predictedMs / ms - 1));
  return {
    overheadMs,
    units,
    networks,
    error: {
      networks: networks.length,
      meanAbsolutePercentage: errors.length === 0 ? null : (100 * errors.reduce((a, b) => a + b, 0)) / errors.length,
      kendall: kendallTau(predicted, actual),
      spearman: spearmanRho(predicted, actual),
    },
  };
}

/** The shapes of all units of some networks. */
export const shapesOf = (plan: Pick<MeasurePlan, 'input' | 'classes'>, networks: readonly (readonly SuperBlock[])[]) =>
  networks.flatMap((blocks) => unitShapes(blocks, { resolution: plan.input.height, classes: plan.classes }));
