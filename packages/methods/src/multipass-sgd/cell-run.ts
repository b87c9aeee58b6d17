import type { StepSchedule } from '@crucible/contracts';
import { type Cell, recordedSteps, stepsOf } from './cell.ts';
import type { Grid } from './grid.ts';
import { type EmpiricalParabola, empiricalParabola } from './minimise-empirical-risk.ts';
import { type PathRecord, takeRecord } from './record.ts';
import { sampleOrder } from './sample-order.ts';
import { stepSize } from './step-size.ts';

/** Numbers that are moved between two questions whether to go on: some ten milliseconds. */
const NUMBERS_PER_CHUNK = 2_000_000;

/** A cell under way: all of its runs are at the same step. */
export interface CellRun {
  readonly cell: Cell;
  readonly totalSteps: number;
  /** `[seeds, step sizes, p]` */
  readonly weights: Float64Array;
  /** iterates of the tail added up, laid out as the weights; null: the last iterate is the result */
  readonly sums: Float64Array | null;
  /** first step whose iterate is added */
  readonly averageFrom: number;
  readonly schedule: StepSchedule;
  readonly recordedSteps: readonly number[];
  /** by seed, where the many-pass bound asks for the gap of the empirical risk */
  readonly parabolas: readonly EmpiricalParabola[] | null;
  /** steps done */
  step: number;
  /** a record per step size for each recorded step so far */
  records: PathRecord[][];
}

/** A cell before its first step. */
export function startCell(grid: Grid, cell: Cell): CellRun {
  const { config, problem, data, stepSizes, seeds } = grid;
  const p = problem.numParameters;
  const weights = new Float64Array(seeds * stepSizes.length * p);
  data.starts.forEach((start, seed) => {
    for (let e = 0; e < stepSizes.length; e++) weights.set(start, (seed * stepSizes.length + e) * p);
  });
  const totalSteps = stepsOf(cell);
  const isAveraged = cell.variant === 'one-pass-averaged';
  const tail = isAveraged ? 0.5 : config.tailAverage;
  return {
    cell,
    totalSteps,
    weights,
    sums: tail === null ? null : new Float64Array(weights.length),
    averageFrom: tail === null ? totalSteps : totalSteps - Math.ceil(tail * totalSteps),
    schedule: isAveraged ? 'constant' : config.schedule,
    recordedSteps: recordedSteps(cell),
    parabolas: parabolasOf(grid, cell),
    step: 0,
    records: [],
  };
}

/** The gap of the empirical risk is bounded for replacement sampling from a linear model at a constant step size. */
function parabolasOf({ config, data }: Grid, { variant, sampleSize }: Cell): EmpiricalParabola[] | null {
  const { problem, order, schedule, tailAverage } = config;
  const isBounded = problem.kind === 'linear' && problem.design === 'rademacher' && variant === 'sgd';
  if (!isBounded || order !== 'replacement' || schedule !== 'constant' || tailAverage !== null) return null;
  const found = data.samples(sampleSize).map(empiricalParabola);
  return found.every((one) => one !== null) ? found : null;
}

/**
 * Goes on by some steps, never past the end of a pass nor past a recorded step, at which a record is taken.
 *
 * @param orders of the pass in hand, by seed; kept by the caller from call to call
 */
export function advance(grid: Grid, run: CellRun, orders: PassOrders): void {
  const { problem, stepSizes, seeds, data } = grid;
  const { cell, weights, step } = run;
  const next = run.recordedSteps.find((at) => at > step) as number;
  const perStep = weights.length * (cell.variant === 'gd' ? cell.sampleSize : 1);
  const most = Math.max(1, Math.floor(NUMBERS_PER_CHUNK / perStep));
  const to = Math.min(next, step + most, step < run.averageFrom ? run.averageFrom : next);
  const samples = data.samples(cell.sampleSize);
  if (cell.variant === 'gd') {
    for (let t = step; t < to; t++) descendFully(grid, run, t);
    run.step = to;
  } else {
    const pass = Math.floor(step / cell.sampleSize);
    const end = Math.min(to, (pass + 1) * cell.sampleSize);
    const rates = ratesOf(grid, run, step, end);
    const sums = step >= run.averageFrom ? run.sums : null;
    for (let seed = 0; seed < seeds; seed++) {
      const order = orders.of(seed, pass).subarray(step - pass * cell.sampleSize, end - pass * cell.sampleSize);
      const at = seed * stepSizes.length * problem.numParameters;
      problem.descend(weights, at, rates, samples[seed] as (typeof samples)[number], order, sums);
    }
    run.step = end;
  }
  if (run.step === next) run.records.push(takeRecord(grid, resultOf(run), run.parabolas));
}

/** The weights that count: the mean of the tail at the end, where there is one, else the last iterate. */
export function resultOf({ weights, sums, step, totalSteps, averageFrom }: CellRun): Float64Array {
  if (sums === null || step < totalSteps) return weights;
  return sums.map((sum) => sum / (totalSteps - averageFrom));
}

/** Orders of the samples in one pass, drawn when they are first asked for. */
export interface PassOrders {
  of(seed: number, pass: number): Int32Array;
}

export function passOrders({ config, seeds, rng }: Grid, { sampleSize }: Cell): PassOrders {
  const kept = { pass: -1, orders: [] as Int32Array[] };
  return {
    of(seed, pass) {
      if (kept.pass !== pass)
        Object.assign(kept, {
          pass,
          orders: Array.from({ length: seeds }, (_, s) => sampleOrder(config.order, s, sampleSize, pass, rng)),
        });
      return kept.orders[seed] as Int32Array;
    },
  };
}

/** Step sizes `[steps, runs of a seed]`. */
function ratesOf({ stepSizes, problem }: Grid, run: CellRun, from: number, to: number): Float64Array {
  const rates = new Float64Array((to - from) * stepSizes.length);
  const mu = problem.guaranteedPl ?? Number.NaN;
  for (let t = from; t < to; t++)
    stepSizes.forEach((first, e) => {
      rates[(t - from) * stepSizes.length + e] = stepSize(run.schedule, first, t, run.totalSteps, mu);
    });
  return rates;
}

/** One step of full-batch gradient descent. */
function descendFully(
  grid: Grid,
  { cell, weights, schedule, totalSteps, sums, averageFrom }: CellRun,
  t: number,
): void {
  const { problem, stepSizes, data } = grid;
  const p = problem.numParameters;
  data.samples(cell.sampleSize).forEach((sample, seed) => {
    stepSizes.forEach((first, e) => {
      const at = (seed * stepSizes.length + e) * p;
      const rate = stepSize(schedule, first, t, totalSteps, problem.guaranteedPl ?? Number.NaN);
      problem.empirical(weights, at, sample).gradient.forEach((slope, j) => {
        weights[at + j] = (weights[at + j] as number) - rate * slope;
        if (sums !== null && t >= averageFrom) sums[at + j] = (sums[at + j] as number) + (weights[at + j] as number);
      });
    });
  });
}
