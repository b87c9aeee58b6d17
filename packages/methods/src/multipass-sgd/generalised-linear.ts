import type { SyntheticProblem } from '@crucible/contracts';
import { linkExcess, linkGradient, momentsOf } from './link-moments.ts';
import { drawFeatures, equalEnergyTruth, logSpectrum, type Problem, type Sample } from './problem.ts';

/**
 * h(w; x) = phi(<w, x>) with phi(z) = z + a sin z, 0 <= a < 1; a = 0 is the linear model. 1 - a <= phi' <= 1 + a, so the
 * risk meets the PL condition with mu >= (1 - a)^4 lambda_min / (1 + a)^2, though it need not be convex.
 */
export function generalisedLinear(config: Extract<SyntheticProblem, { kind: 'glm' | 'linear' }>): Problem {
  const { dimension: d, noise: sigma } = config;
  const a = config.kind === 'glm' ? config.linkAmplitude : 0;
  const design = config.kind === 'linear' ? config.design : 'gaussian';
  const spectrum = logSpectrum(d, config.conditionNumber);
  const link = (z: number): number => z + a * Math.sin(z);
  return {
    dimension: d,
    numParameters: d,
    spectrum,
    smallestRisk: sigma ** 2 / 2,
    guaranteedPl: ((1 - a) ** 4 * (spectrum[d - 1] as number)) / (1 + a) ** 2,
    truth: (rng) => equalEnergyTruth(spectrum, rng),
    sample(truth, count, rng, noise) {
      const x = drawFeatures(spectrum, count, design, rng);
      const y = Float64Array.from({ length: count }, (_, i) => link(dot(x, i * d, truth, 0, d)));
      for (let i = 0; i < count; i++) y[i] = (y[i] as number) + sigma * noise.normal();
      return { x, y, count };
    },
    start: () => new Float64Array(d),
    descend: (weights, at, rates, sample, order, sums) => descend(weights, at, rates, sample, order, sums, d, a),
    population(weights, at, truth) {
      const moments = momentsOf(spectrum, weights, at, truth);
      const { onWeights, onTruth } = linkGradient(moments, a);
      let squaredGradient = 0;
      for (let j = 0; j < d; j++) {
        const slope =
          a === 0
            ? (weights[at + j] as number) - (truth[j] as number)
            : onWeights * (weights[at + j] as number) + onTruth * (truth[j] as number);
        squaredGradient += ((spectrum[j] as number) * slope) ** 2;
      }
      return { excess: linkExcess(moments, a), squaredGradient };
    },
    empirical(weights, at, { x, y, count }) {
      const gradient = new Float64Array(d);
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const z = dot(x, i * d, weights, at, d);
        const residual = link(z) - (y[i] as number);
        const slope = residual * (1 + a * Math.cos(z));
        sum += residual * residual;
        for (let j = 0; j < d; j++) gradient[j] = (gradient[j] as number) + slope * (x[i * d + j] as number);
      }
      return { risk: sum / (2 * count), gradient: gradient.map((value) => value / count) };
    },
    linearPart: (weights, at) => weights.slice(at, at + d),
  };
}

function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, length: number): number {
  let sum = 0;
  for (let j = 0; j < length; j++) sum += (a[atA + j] as number) * (b[atB + j] as number);
  return sum;
}

/** The loop that takes all the time: two walks over d numbers and, with a link, a sine and a cosine per step and run. */
function descend(
  weights: Float64Array,
  at: number,
  rates: Float64Array,
  { x, y }: Sample,
  order: Int32Array,
  sums: Float64Array | null,
  d: number,
  a: number,
): void {
  const runs = rates.length / order.length;
  for (let t = 0; t < order.length; t++) {
    const sample = order[t] as number;
    const row = sample * d;
    const label = y[sample] as number;
    for (let run = 0; run < runs; run++) {
      const base = at + run * d;
      const z = dot(x, row, weights, base, d);
      const slope = a === 0 ? z - label : (z + a * Math.sin(z) - label) * (1 + a * Math.cos(z));
      const change = (rates[t * runs + run] as number) * slope;
      for (let j = 0; j < d; j++) weights[base + j] = (weights[base + j] as number) - change * (x[row + j] as number);
      if (sums !== null)
        for (let j = 0; j < d; j++) sums[base + j] = (sums[base + j] as number) + (weights[base + j] as number);
    }
  }
}
