import type { Grid } from './grid.ts';
import type { EmpiricalParabola } from './minimise-empirical-risk.ts';

/** What is recorded of a step size at a step, over the seeds. Infinite where a seed has diverged. */
export interface PathRecord {
  /** mean excess risk and its standard error */
  excess: number;
  standardError: number;
  /** mean of |grad F|^2 / (2 (F - F*)) */
  plRatio: number;
  /** mean squared distance to the truth in the norm of the covariance, and the thirds of it by falling eigenvalue */
  distance: number;
  top: number;
  middle: number;
  bottom: number;
  /** mean gap of the empirical risk and its standard error; NaN where no bound asks for it */
  gap: number;
  gapError: number;
}

export const RECORD_FIELDS = [
  'excess',
  'standardError',
  'plRatio',
  'distance',
  'top',
  'middle',
  'bottom',
  'gap',
  'gapError',
] as const satisfies readonly (keyof PathRecord)[];

/** Looks at every run of a cell: a record per step size. `parabolas` by seed, where the gap is wanted. */
export function takeRecord(
  { problem, data, stepSizes, seeds }: Grid,
  weights: Float64Array,
  parabolas: readonly EmpiricalParabola[] | null,
): PathRecord[] {
  const p = problem.numParameters;
  return stepSizes.map((_, e) => {
    const looks = Array.from({ length: seeds }, (_, seed) => {
      const at = (seed * stepSizes.length + e) * p;
      const truth = data.truths[seed] as Float64Array;
      const { excess, squaredGradient } = problem.population(weights, at, truth);
      const gap = parabolas?.[seed]?.gap(weights, at) ?? Number.NaN;
      return {
        excess,
        plRatio: squaredGradient / (2 * excess),
        gap,
        ...thirds(problem.linearPart(weights, at), truth, problem.spectrum),
      };
    });
    const mean = (name: keyof (typeof looks)[number]): number =>
      looks.reduce((sum, one) => sum + finite(one[name]), 0) / seeds;
    const error = (name: 'excess' | 'gap'): number => standardError(looks.map((one) => one[name]));
    return {
      excess: mean('excess'),
      standardError: error('excess'),
      plRatio: mean('plRatio'),
      distance: mean('top') + mean('middle') + mean('bottom'),
      top: mean('top'),
      middle: mean('middle'),
      bottom: mean('bottom'),
      gap: parabolas === null ? Number.NaN : mean('gap'),
      gapError: parabolas === null ? Number.NaN : error('gap'),
    };
  });
}

/** A risk that is no number is as bad as can be: what diverged must lose against everything else. */
export const finite = (value: number): number => (Number.isFinite(value) ? value : Number.POSITIVE_INFINITY);

/** Of a mean; zero for a single value. */
export function standardError(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1) / n);
}

function thirds(linear: Float64Array, truth: Float64Array, spectrum: Float64Array) {
  const sums = [0, 0, 0];
  const d = spectrum.length;
  for (let j = 0; j < d; j++) {
    const third = Math.floor((3 * j) / d);
    sums[third] =
      (sums[third] as number) + (spectrum[j] as number) * ((linear[j] as number) - (truth[j] as number)) ** 2;
  }
  return { top: sums[0] as number, middle: sums[1] as number, bottom: sums[2] as number };
}
