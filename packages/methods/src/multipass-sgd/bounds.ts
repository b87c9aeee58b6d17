/**
 * @file Bounds on SGD under the PL condition, with all constants; proved in docs/methods/multipass-sgd.md.
 *
 * One pass, fresh samples, constant step size eta <= mu / (L l):
 *   E F(w_t) - F* <= (1 - mu eta)^t (F(w_0) - F*) + L l eta F* / mu.
 * Many passes, samples drawn with replacement, with mu, L and F* of the empirical risk:
 *   E F_S(w_t) - F_S* <= (1 - mu_S eta)^t (F_S(w_0) - F_S*) + L_S l eta F_S* / mu_S.
 * l bounds |grad l|^2 <= 2 l loss; features of length 1 have l = 1.
 */
import type { CellRun } from './cell-run.ts';
import type { Grid } from './grid.ts';

export type BoundName = 'one-pass' | 'many-pass';

/** Both sides of a bound at a recorded step. */
export interface BoundCheck {
  bound: BoundName;
  sampleSize: number;
  stepSize: number;
  step: number;
  /** mean over the seeds and its standard error */
  measured: number;
  standardError: number;
  /** the bound */
  limit: number;
}

/** Standard errors of the mean over seeds beyond which a bound counts as violated: the bounds are on expectations. */
const SIGNIFICANT = 3;

/** Risk that rounding alone leaves: without noise a bound goes to zero, and weights in double precision do not. */
const ROUNDING = 1e-26;

export const isViolated = ({ measured, standardError, limit }: BoundCheck): boolean =>
  measured - SIGNIFICANT * standardError > limit * (1 + 1e-9) + ROUNDING;

/** Constants of a problem, or of the empirical risk of one seed. */
interface Constants {
  mu: number;
  smoothness: number;
  /** risk at the start less the smallest, and the smallest */
  startGap: number;
  smallestRisk: number;
}

const LENGTH_BOUND = 1; // l

const largestStepSize = ({ mu, smoothness }: Constants): number => mu / (smoothness * LENGTH_BOUND);

const limitAt = ({ mu, smoothness, startGap, smallestRisk }: Constants, eta: number, step: number): number =>
  (1 - mu * eta) ** step * startGap + (smoothness * LENGTH_BOUND * eta * smallestRisk) / mu;

/** The checks of the last record of a cell, largest step size first; none where no bound holds. */
export function checkBounds(grid: Grid, run: CellRun): BoundCheck[] {
  const sources = constantsOf(grid, run);
  const record = run.records.at(-1);
  if (sources === null || record === undefined) return [];
  const { bound, constants } = sources;
  const largest = Math.min(...constants.map(largestStepSize));
  return grid.stepSizes
    .flatMap((stepSize, e): BoundCheck[] => {
      const one = record[e];
      if (one === undefined || stepSize > largest * (1 + 1e-9)) return [];
      const limits = constants.map((each) => limitAt(each, stepSize, run.step));
      return [
        {
          bound,
          sampleSize: run.cell.sampleSize,
          stepSize,
          step: run.step,
          measured: bound === 'one-pass' ? one.excess : one.gap,
          standardError: bound === 'one-pass' ? one.standardError : one.gapError,
          limit: limits.reduce((sum, limit) => sum + limit, 0) / limits.length,
        },
      ];
    })
    .reverse();
}

function constantsOf(grid: Grid, run: CellRun): { bound: BoundName; constants: Constants[] } | null {
  const { problem, data, config } = grid;
  if (run.parabolas !== null) {
    const starts = data.starts;
    const constants = run.parabolas.map(({ mu, smoothness, smallestRisk, gap }, seed) => ({
      mu,
      smoothness,
      smallestRisk,
      startGap: gap(starts[seed] as Float64Array, 0),
    }));
    return { bound: 'many-pass', constants };
  }
  const isRademacher = config.problem.kind === 'linear' && config.problem.design === 'rademacher';
  const isPlain = run.schedule === 'constant' && run.sums === null && run.cell.variant === 'sgd';
  // from the second pass on the samples are no longer fresh
  if (!isRademacher || !isPlain || config.order === 'replacement' || run.step > run.cell.sampleSize) return null;
  const excess = data.starts.map(
    (start, seed) => problem.population(start, 0, data.truths[seed] as Float64Array).excess,
  );
  const constants = {
    mu: problem.spectrum.at(-1) as number,
    smoothness: problem.spectrum[0] as number,
    smallestRisk: problem.smallestRisk,
    startGap: excess.reduce((sum, value) => sum + value, 0) / excess.length,
  };
  return { bound: 'one-pass', constants: [constants] };
}
