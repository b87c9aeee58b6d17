import type { SyntheticProblem } from '@crucible/contracts';
import type { Rng } from '../random/rng.ts';
import { drawFeatures, type Empirical, equalEnergyTruth, logSpectrum, type Problem } from './problem.ts';

/** Points over which the risk of the tanh network is taken; of the linear one it is exact. */
const NUM_POINTS = 1000;

/**
 * h(w; x) = sum over j of v_j act(<W_j, x>), a deep linear network or a tanh one whose labels one unit could give. Saddles
 * lie between the start and the minima, so the PL condition holds only near those, and its ratio is measured on the way.
 * Weights are v, then W row by row.
 *
 * @param points stream of the points over which the risk is taken
 */
export function twoLayer(config: Extract<SyntheticProblem, { kind: 'two-layer' }>, points: Rng): Problem {
  const { dimension: d, hidden: m, noise: sigma, activation } = config;
  const isLinear = activation === 'linear';
  const spectrum = logSpectrum(d, config.conditionNumber);
  const act = isLinear ? (z: number) => z : Math.tanh;
  const fixed = isLinear ? new Float64Array() : drawFeatures(spectrum, NUM_POINTS, 'gaussian', points);
  const numParameters = m * (d + 1);
  const units = new Float64Array(m); // act(<W_j, x>) of the sample in hand

  /** The output at a sample, and its hidden units in `units`. */
  const forward = (weights: Float64Array, at: number, x: Float64Array, row: number): number => {
    let output = 0;
    for (let j = 0; j < m; j++) {
      let z = 0;
      for (let i = 0; i < d; i++) z += (weights[at + m + j * d + i] as number) * (x[row + i] as number);
      units[j] = act(z);
      output += (weights[at + j] as number) * (units[j] as number);
    }
    return output;
  };
  const slopeOf = (unit: number): number => (isLinear ? 1 : 1 - unit * unit);
  /** Adds `factor` times the gradient of h at the sample of the last `forward` to `out`, which may be the weights. */
  const addGradient = (
    out: Float64Array,
    to: number,
    weights: Float64Array,
    at: number,
    x: Float64Array,
    row: number,
    factor: number,
  ): void => {
    for (let j = 0; j < m; j++) {
      const unit = units[j] as number;
      const inner = factor * (weights[at + j] as number) * slopeOf(unit); // before v_j moves
      out[to + j] = (out[to + j] as number) + factor * unit;
      const base = to + m + j * d;
      for (let i = 0; i < d; i++) out[base + i] = (out[base + i] as number) + inner * (x[row + i] as number);
    }
  };
  const empirical = (weights: Float64Array, at: number, x: Float64Array, label: (i: number) => number): Empirical => {
    const count = x.length / d;
    const gradient = new Float64Array(numParameters);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const residual = forward(weights, at, x, i * d) - label(i);
      sum += residual * residual;
      addGradient(gradient, 0, weights, at, x, i * d, residual);
    }
    return { risk: sum / (2 * count), gradient: gradient.map((value) => value / count) };
  };
  const linearPart = (weights: Float64Array, at: number): Float64Array => {
    const part = new Float64Array(d);
    for (let j = 0; j < m; j++)
      for (let i = 0; i < d; i++)
        part[i] = (part[i] as number) + (weights[at + j] as number) * (weights[at + m + j * d + i] as number);
    return part;
  };
  const target = (x: Float64Array, row: number, truth: Float64Array): number => {
    let z = 0;
    for (let i = 0; i < d; i++) z += (x[row + i] as number) * (truth[i] as number);
    return act(z);
  };
  return {
    dimension: d,
    numParameters,
    spectrum,
    smallestRisk: sigma ** 2 / 2,
    guaranteedPl: null,
    truth: (rng) => equalEnergyTruth(spectrum, rng),
    sample(truth, count, rng, noise) {
      const x = drawFeatures(spectrum, count, 'gaussian', rng);
      const y = Float64Array.from({ length: count }, (_, i) => target(x, i * d, truth) + sigma * noise.normal());
      return { x, y, count };
    },
    start: (rng) => Float64Array.from({ length: numParameters }, (_, i) => rng.normal() / (i < m ? Math.sqrt(m) : 1)),
    descend(weights, at, rates, { x, y }, order, sums) {
      const runs = rates.length / order.length;
      for (let t = 0; t < order.length; t++) {
        const sample = order[t] as number;
        for (let run = 0; run < runs; run++) {
          const base = at + run * numParameters;
          const residual = forward(weights, base, x, sample * d) - (y[sample] as number);
          const change = -(rates[t * runs + run] as number) * residual;
          addGradient(weights, base, weights, base, x, sample * d, change);
          if (sums !== null)
            for (let i = 0; i < numParameters; i++)
              sums[base + i] = (sums[base + i] as number) + (weights[base + i] as number);
        }
      }
    },
    population(weights, at, truth) {
      if (isLinear) return deepLinearPopulation(weights, at, truth);
      const { risk, gradient } = empirical(weights, at, fixed, (i) => target(fixed, i * d, truth));
      return { excess: risk, squaredGradient: squaredNorm(gradient) };
    },
    empirical: (weights, at, { x, y }) => empirical(weights, at, x, (i) => y[i] as number),
    linearPart,
  };

  function deepLinearPopulation(weights: Float64Array, at: number, truth: Float64Array) {
    const gap = linearPart(weights, at).map((value, i) => value - (truth[i] as number));
    const slope = gap.map((value, i) => value * (spectrum[i] as number)); // gradient in the linear map
    let squared = 0;
    let outer = 0;
    for (let j = 0; j < m; j++) {
      outer += (weights[at + j] as number) ** 2;
      let inner = 0;
      for (let i = 0; i < d; i++) inner += (weights[at + m + j * d + i] as number) * (slope[i] as number);
      squared += inner * inner;
    }
    const excess = gap.reduce((sum, value, i) => sum + value * (slope[i] as number), 0) / 2;
    return { excess, squaredGradient: squared + outer * squaredNorm(slope) };
  }
}

const squaredNorm = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
