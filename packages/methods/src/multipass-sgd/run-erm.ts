import type { SyntheticProblem } from '@crucible/contracts';
import type { MethodContext } from '../method.ts';
import { obeyStop } from '../obey-stop.ts';
import { meanRisk } from './cell-result.ts';
import type { Grid } from './grid.ts';
import { type ErmResult, type GridState, jobStep, saveGrid } from './grid-state.ts';
import { minimiseEmpiricalRisk } from './minimise-empirical-risk.ts';
import type { Sample } from './problem.ts';

/** Excess risk that the minimiser of n samples has in the linear model; null where it is not finite. */
export function statisticalLimit({ dimension, noise }: SyntheticProblem, sampleSize: number): number | null {
  const free = sampleSize - dimension - 1;
  return free > 0 ? (noise ** 2 * dimension) / (2 * free) : null;
}

/**
 * Minimises the empirical risk of every seed at every number of samples above the dimension: where k passes lead for
 * large k. `state.erm` grows by each.
 */
export async function runErm(grid: Grid, ctx: MethodContext, state: GridState): Promise<void> {
  const { config, problem, data, seeds } = grid;
  const { problem: kind } = config;
  if (!config.comparators.includes('erm') || state.isBroken || (kind.kind !== 'glm' && kind.kind !== 'linear')) return;
  const a = kind.kind === 'glm' ? kind.linkAmplitude : 0;
  const sizes = config.sampleSizes.filter((n) => n > problem.dimension).sort((x, y) => x - y);
  for (const sampleSize of sizes) {
    let found = state.erm.find((one) => one.sampleSize === sampleSize);
    if (found === undefined) {
      found = { sampleSize, perSeed: [] };
      state.erm.push(found);
    }
    if (found.perSeed.length === seeds) continue; // by an earlier attempt, which has reported it
    while (found.perSeed.length < seeds) {
      await obeyStop(ctx, () => saveGrid(state));
      const seed = found.perSeed.length;
      const weights = minimiseEmpiricalRisk(data.samples(sampleSize)[seed] as Sample, a);
      const truth = data.truths[seed] as Float64Array;
      found.perSeed.push(weights === null ? null : problem.population(weights, 0, truth).excess);
      state.steps += 1;
      ctx.progress({ phase: 'erm', done: found.perSeed.length, total: seeds, message: `${sampleSize} samples` });
    }
    const perSeed = knownRisks(found);
    if (perSeed === null) continue;
    ctx.report(jobStep(state), {
      'erm/excess-risk': meanRisk(perSeed).mean,
      'erm/limit': statisticalLimit(kind, sampleSize) ?? Number.NaN,
    });
  }
}

/** Risks by seed; null if the samples of a seed did not span the features. */
export const knownRisks = ({ perSeed }: ErmResult): number[] | null => {
  const known = perSeed.filter((risk) => risk !== null);
  return known.length === perSeed.length ? known : null;
};
