import type { MultipassSgdConfig, MultipassSgdSummary, SyntheticProblem } from '@crucible/contracts';
import type { MethodContext } from '../method.ts';
import { boundsCsv, curvesCsv, excessRiskCsv, gridCsv, plProbesCsv, weightsFile } from './artifacts.ts';
import { type BoundCheck, isViolated } from './bounds.ts';
import { meanRisk } from './cell-result.ts';
import { generalisedLinear } from './generalised-linear.ts';
import type { Grid } from './grid.ts';
import { emptyState, type GridState, restoreGrid } from './grid-state.ts';
import { type PlProbe, probePl } from './pl-probes.ts';
import type { Problem } from './problem.ts';
import { knownRisks, runErm, statisticalLimit } from './run-erm.ts';
import { runGrid, violationText } from './run-grid.ts';
import { drawSeeds } from './seed-data.ts';
import { tableOf } from './table.ts';
import { twoLayer } from './two-layer.ts';

/** The problem of a config. */
export const problemOf = (config: SyntheticProblem, rng: MethodContext['rng']): Problem =>
  config.kind === 'two-layer' ? twoLayer(config, rng('points')) : generalisedLinear(config);

/** What all cells of a job share. */
export function createGrid(config: MultipassSgdConfig, synthetic: SyntheticProblem, rng: MethodContext['rng']): Grid {
  const problem = problemOf(synthetic, rng);
  const { seeds } = config;
  const stepSizes = [...config.stepSizes].sort((a, b) => a - b);
  return { config, problem, data: drawSeeds(problem, seeds, rng), stepSizes, seeds, rng };
}

/** Runs the whole table of a problem whose truth is known. */
export async function runSynthetic(
  config: MultipassSgdConfig,
  synthetic: SyntheticProblem,
  ctx: MethodContext,
): Promise<MultipassSgdSummary> {
  const grid = createGrid(config, synthetic, (name) => ctx.rng(name));
  const state = ctx.resumeFrom === null ? emptyState() : restoreGrid(grid, ctx.resumeFrom);
  await runGrid(grid, ctx, state);
  await runErm(grid, ctx, state);
  const probes = probePl(grid);
  const summary = summaryOf(grid, synthetic, state, probes);
  await ctx.saveArtifact('excess-risk.csv', excessRiskCsv(summary));
  await ctx.saveArtifact('grid.csv', gridCsv(state.results, grid.stepSizes));
  await ctx.saveArtifact('curves.csv', curvesCsv(state.results, grid.stepSizes));
  await ctx.saveArtifact('weights.safetensors', weightsFile(state.results, grid.data.truths));
  if (state.checks.length > 0) await ctx.saveArtifact('bounds.csv', boundsCsv(state.checks));
  if (probes.length > 0) await ctx.saveArtifact('pl-probes.csv', plProbesCsv(probes));
  return summary;
}

function summaryOf(
  { config, problem, data, stepSizes, seeds }: Grid,
  synthetic: SyntheticProblem,
  state: GridState,
  probes: readonly PlProbe[],
): MultipassSgdSummary {
  const { warnings, ...table } = tableOf(state.results, config, stepSizes);
  const violated = state.checks.find(isViolated);
  const ratios = probes.map(({ ratio }) => ratio).sort((a, b) => a - b);
  const startRisks = data.starts.map(
    (start, seed) => problem.population(start, 0, data.truths[seed] as Float64Array).excess,
  );
  return {
    risk: 'excess-risk',
    ...table,
    erm: state.erm.flatMap((result) => {
      const perSeed = knownRisks(result);
      if (perSeed === null) return [];
      const { mean, standardError } = meanRisk(perSeed);
      const limit = statisticalLimit(synthetic, result.sampleSize);
      return [{ sampleSize: result.sampleSize, mean, standardError: seeds > 1 ? standardError : null, perSeed, limit }];
    }),
    startRisk: meanRisk(startRisks).mean,
    pl:
      problem.guaranteedPl === null || ratios.length === 0
        ? null
        : {
            guaranteed: problem.guaranteedPl,
            smallest: ratios[0] as number,
            median: ratios[Math.floor(ratios.length / 2)] as number,
          },
    bounds: boundsOf(state.checks),
    warnings: [
      ...(violated === undefined ? [] : [{ name: 'bound-violated' as const, message: violationText(violated) }]),
      ...warnings,
    ],
    steps: state.steps,
  };
}

/** The checks of each bound at each number of samples and step size, summed up. */
function boundsOf(checks: readonly BoundCheck[]): MultipassSgdSummary['bounds'] {
  const groups = new Map<string, BoundCheck[]>();
  for (const check of checks) {
    const name = `${check.bound} ${check.sampleSize} ${check.stepSize}`;
    groups.set(name, [...(groups.get(name) ?? []), check]);
  }
  return [...groups.values()].map((group) => {
    const { bound, sampleSize, stepSize } = group[0] as BoundCheck;
    // where nothing is left to measure there is no ratio
    const ratios = group.flatMap(({ limit, measured }) => (measured > 0 ? [limit / measured] : []));
    const [smallestRatio, largestRatio] = ratios.length === 0 ? [1, 1] : [Math.min(...ratios), Math.max(...ratios)];
    return { bound, sampleSize, stepSize, checks: group.length, smallestRatio, largestRatio };
  });
}
