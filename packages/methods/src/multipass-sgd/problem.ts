import type { Rng } from '../random/rng.ts';

/** Labelled samples of one seed. */
export interface Sample {
  /** `[count, d]`, row by row */
  x: Float64Array;
  /** `[count]` */
  y: Float64Array;
  count: number;
}

/** Where a run is, seen from the whole distribution. */
export interface Population {
  /** F(w) - F*, exact or over many noiseless points */
  excess: number;
  /** |grad F|^2 */
  squaredGradient: number;
}

/** Risk of a sample and its gradient. */
export interface Empirical {
  risk: number;
  gradient: Float64Array;
}

/**
 * A model h(w; x) under the loss (h - y)^2 / 2 with its data distribution: everything in double precision, so that the
 * order of a sum is the only thing that could change a bit, and it never does.
 */
export interface Problem {
  /** d, of the features */
  readonly dimension: number;
  /** p, of the weights */
  readonly numParameters: number;
  /** eigenvalues of the feature covariance, falling, of sum 1 */
  readonly spectrum: Float64Array;
  /** F*, half the variance of the noise */
  readonly smallestRisk: number;
  /** mu for which the PL condition is proved; null: it only holds near the minima, or not at all */
  readonly guaranteedPl: number | null;
  truth(rng: Rng): Float64Array;
  /** `count` samples; the first ones are the same however many are drawn. */
  sample(truth: Float64Array, count: number, rng: Rng, noise: Rng): Sample;
  /** Weights that every run of a seed begins with. */
  start(rng: Rng): Float64Array;
  /**
   * SGD of batch one on several runs side by side, each with step sizes of its own: for each t the sample `order[t]`,
   * w <- w - rates[t, run] grad l(w; z).
   *
   * @param weights `[.., runs, p]`; the runs begin at `at`
   * @param rates `[steps, runs]`
   * @param sums where iterates are added up, laid out as `weights`; null: they are not
   */
  descend(
    weights: Float64Array,
    at: number,
    rates: Float64Array,
    sample: Sample,
    order: Int32Array,
    sums: Float64Array | null,
  ): void;
  /** @param weights the run begins at `at` */
  population(weights: Float64Array, at: number, truth: Float64Array): Population;
  /** @param weights the run begins at `at` */
  empirical(weights: Float64Array, at: number, sample: Sample): Empirical;
  /** The linear map that the weights are nearest to: what the distance to the truth is taken of. `[d]` */
  linearPart(weights: Float64Array, at: number): Float64Array;
}

/** Eigenvalues log-spaced from 1 to 1 / `conditionNumber`, scaled to sum 1. */
export function logSpectrum(dimension: number, conditionNumber: number): Float64Array {
  const raw = Float64Array.from({ length: dimension }, (_, j) =>
    dimension === 1 ? 1 : conditionNumber ** (-j / (dimension - 1)),
  );
  const trace = raw.reduce((sum, value) => sum + value, 0);
  return raw.map((value) => value / trace);
}

/** A truth of equal energy in every direction, of about 1 in all: `g_j / sqrt(lambda_j d)`. */
export const equalEnergyTruth = (spectrum: Float64Array, rng: Rng): Float64Array =>
  spectrum.map((eigenvalue) => rng.normal() / Math.sqrt(eigenvalue * spectrum.length));

/** `[count, d]` features with covariance diag(spectrum): Gaussian, or signs times the square roots. */
export function drawFeatures(
  spectrum: Float64Array,
  count: number,
  design: 'gaussian' | 'rademacher',
  rng: Rng,
): Float64Array {
  const d = spectrum.length;
  const x = new Float64Array(count * d);
  const scale = spectrum.map(Math.sqrt);
  if (design === 'gaussian') rng.fillNormal(x);
  else for (let i = 0; i < x.length; i++) x[i] = rng.uint32() & 1 ? 1 : -1;
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) * (scale[i % d] as number);
  return x;
}
