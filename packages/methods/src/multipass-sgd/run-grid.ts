import type { MethodContext } from '../method.ts';
import { obeyStop } from '../obey-stop.ts';
import { type BoundCheck, checkBounds, isViolated } from './bounds.ts';
import { cellsOf, stepsOf } from './cell.ts';
import { bestStepSize, type CellResult } from './cell-result.ts';
import { advance, type CellRun, passOrders, resultOf, startCell } from './cell-run.ts';
import type { Grid } from './grid.ts';
import { type GridState, jobStep, saveGrid } from './grid-state.ts';
import { finite } from './record.ts';
import { reportCell } from './report-cell.ts';
import { stepSize } from './step-size.ts';

/** Numbers that are moved between two checkpoints inside a cell: some five seconds. */
const NUMBERS_PER_CHECKPOINT = 1_000_000_000;

/**
 * Runs the cells that are left, one after the other; `state` grows by each. Ends early when a bound is violated.
 *
 * @throws Stopped as asked
 */
export async function runGrid(grid: Grid, ctx: MethodContext, state: GridState): Promise<void> {
  const cells = cellsOf(grid.config);
  const total = cells.reduce((sum, cell) => sum + stepsOf(cell), 0);
  while (state.results.length < cells.length && !state.isBroken) {
    const cell = cells[state.results.length] as (typeof cells)[number];
    state.running ??= startCell(grid, cell);
    const run = state.running;
    const orders = passOrders(grid, cell);
    let savedAt = run.step;
    while (run.step < run.totalSteps && !state.isBroken) {
      await obeyStop(ctx, () => saveGrid(state));
      const recorded = run.records.length;
      advance(grid, run, orders);
      if (run.records.length > recorded) look(grid, ctx, state, run);
      if ((run.step - savedAt) * run.weights.length > NUMBERS_PER_CHECKPOINT) {
        await ctx.saveCheckpoint(saveGrid(state));
        savedAt = run.step;
      }
      const message = `${cell.variant}, ${cell.sampleSize} samples, ${cell.passes} passes`;
      ctx.progress({ phase: 'sgd', done: jobStep(state), total, message });
    }
    if (state.isBroken) return;
    state.results.push(finishCell(grid, run));
    state.steps += run.totalSteps;
    state.running = null;
    reportCell(ctx, state.steps, state.results, grid.stepSizes);
    await ctx.saveCheckpoint(saveGrid(state));
  }
}

function finishCell({ stepSizes, seeds, problem, data }: Grid, run: CellRun): CellResult {
  const p = problem.numParameters;
  const weights = resultOf(run);
  const at = (seed: number, e: number): number => (seed * stepSizes.length + e) * p;
  const risks = Array.from({ length: seeds }, (_, seed) =>
    stepSizes.map((_eta, e) =>
      finite(problem.population(weights, at(seed, e), data.truths[seed] as Float64Array).excess),
    ),
  );
  const best = bestStepSize(risks);
  const tuned = new Float64Array(best < 0 ? 0 : seeds * p);
  const path: CellResult['path'][number][] = [];
  if (best >= 0) {
    for (let seed = 0; seed < seeds; seed++) tuned.set(weights.subarray(at(seed, best), at(seed, best) + p), seed * p);
    run.records.forEach((record, i) => {
      path.push({ step: run.recordedSteps[i] as number, ...(record[best] as (typeof record)[number]) });
    });
  }
  return { cell: run.cell, risks, best, path, weights: best < 0 ? null : tuned };
}

/** Reports what was recorded last, for the step size that is best by now, and checks the bounds. */
function look(grid: Grid, ctx: MethodContext, state: GridState, run: CellRun): void {
  const step = jobStep(state);
  const record = run.records.at(-1) as CellRun['records'][number];
  const excess = record.map((one) => one.excess);
  const best = excess.indexOf(Math.min(...excess));
  const one = record[best] as (typeof record)[number];
  const share = (part: number): number => part / one.distance;
  ctx.report(step, {
    'path/excess-risk': one.excess,
    ...empiricalMeans(grid, run, best),
    'path/pl-ratio': one.plRatio,
    'path/distance': Math.sqrt(one.distance),
    'path/share-top': share(one.top),
    'path/share-middle': share(one.middle),
    'path/share-bottom': share(one.bottom),
    'path/decay': stepSize(run.schedule, 1, run.step - 1, run.totalSteps, grid.problem.guaranteedPl ?? Number.NaN),
  });
  const checks = checkBounds(grid, run);
  state.checks.push(...checks);
  const [largest] = checks;
  if (largest !== undefined)
    ctx.report(step, {
      [`bound/${largest.bound}`]: largest.limit,
      [`bound/${largest.bound}-slack`]: largest.limit - largest.measured,
    });
  const violated = checks.find(isViolated);
  if (violated === undefined) return;
  state.isBroken = true;
  ctx.log('warn', `bound-violated: ${violationText(violated)}`, { ...violated });
}

/** One sentence on a bound that does not hold. */
export const violationText = ({ bound, sampleSize, stepSize: eta, step, measured, standardError, limit }: BoundCheck) =>
  `the ${bound} bound is ${limit} at step ${step} with ${sampleSize} samples and step size ${eta}, measured was ${measured} +- ${standardError}`;

function empiricalMeans({ problem, data, stepSizes, seeds }: Grid, run: CellRun, e: number): Record<string, number> {
  const weights = resultOf(run);
  let [risk, norm] = [0, 0];
  data.samples(run.cell.sampleSize).forEach((sample, seed) => {
    const one = problem.empirical(weights, (seed * stepSizes.length + e) * problem.numParameters, sample);
    risk += one.risk / seeds;
    norm += Math.sqrt(one.gradient.reduce((sum, slope) => sum + slope * slope, 0)) / seeds;
  });
  return { 'path/empirical-risk': risk, 'path/gradient-norm': norm };
}
