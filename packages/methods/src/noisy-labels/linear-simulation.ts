import type { LinearModel } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';
import { leastSquares } from './least-squares.ts';
import { errorOfAngle } from './linear-theory.ts';

/** Errors of one repetition at one noise rate. */
export interface LinearErrors {
  onePass: number;
  /** at each of the setting's `passes` */
  passes: number[];
  converged: number;
}

/** What the rates of a repetition share: inputs, start, the draws behind the flips, and the order of later passes. */
interface Draws {
  inputs: Float64Array;
  start: Float64Array;
  flips: Float64Array;
  orders: readonly Int32Array[];
}

const draw = ({ dimension: d, samples: n, radius, passes }: LinearModel, rng: Rng): Draws => {
  const inputs = new Float64Array(n * d);
  rng.fillNormal(inputs);
  const start = new Float64Array(d);
  rng.fillNormal(start);
  const flips = Float64Array.from({ length: n }, () => rng.uniform());
  const last = Math.max(1, ...passes);
  const orders = Array.from({ length: last - 1 }, () => rng.permutation(n));
  return { inputs, start: start.map((w) => (w * radius) / Math.sqrt(d)), flips, orders };
};

/**
 * One repetition at every noise rate, on the same draws. The plane's normal is the first axis, since Gaussian inputs have
 * no direction of their own.
 *
 * @param rng the stream of this repetition
 */
export function simulateLinear(setting: LinearModel, rng: Rng): LinearErrors[] {
  const draws = draw(setting, rng);
  const solve = leastSquares(draws.inputs, setting.samples, setting.dimension);
  return setting.rates.map((rate) => {
    const labels = draws.flips.map((flip, i) => {
      const clean = (draws.inputs[i * setting.dimension] as number) >= 0 ? 1 : -1;
      return flip < rate ? -clean : clean;
    });
    const { onePass, passes } = descend(setting, draws, labels);
    return { onePass, passes, converged: errorOf(solve(labels)) };
  });
}

/** Error of weights: the angle to the first axis over pi. */
const errorOf = (weights: Float64Array): number => {
  let across = 0;
  for (let k = 1; k < weights.length; k++) across += (weights[k] as number) ** 2;
  return errorOfAngle(Math.sqrt(across), weights[0] as number);
};

/** SGD over the samples, the first pass in their order. */
const descend = (
  { dimension: d, samples: n, stepSize, passes }: LinearModel,
  { inputs, start, orders }: Draws,
  labels: Float64Array,
): Pick<LinearErrors, 'onePass' | 'passes'> => {
  const weights = start.slice();
  const at = new Map<number, number>();
  for (let pass = 1; pass <= Math.max(1, ...passes); pass++) {
    const step = stepSize / (1 + (pass - 1) / 8);
    for (let t = 0; t < n; t++) {
      const i = pass === 1 ? t : (orders[pass - 2]?.[t] as number);
      let residual = -(labels[i] as number);
      for (let k = 0; k < d; k++) residual += (weights[k] as number) * (inputs[i * d + k] as number);
      for (let k = 0; k < d; k++) weights[k] = (weights[k] as number) - step * residual * (inputs[i * d + k] as number);
    }
    at.set(pass, errorOf(weights));
  }
  return { onePass: at.get(1) as number, passes: passes.map((pass) => at.get(pass) as number) };
};
