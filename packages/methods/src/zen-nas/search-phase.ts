import type { ZenNasConfig } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import type { MethodContext } from '../method.ts';
import { obeyStop } from '../obey-stop.ts';
import { brokenBudget, budgetOf } from './budget.ts';
import { checkpointOf, type RunState } from './run-state.ts';
import { scoreCandidate, scoreStreams } from './score-candidate.ts';
import { type SearchOptions, type SearchState, searchStep } from './search.ts';
import { startStructure } from './start-structure.ts';

const searchOptions = async (config: ZenNasConfig, ctx: MethodContext, dataset: Dataset): Promise<SearchOptions> => {
  const { search } = config;
  const { part } = search.islands;
  const island = part?.kind === 'round' ? part.island : null;
  const image = { resolution: imageResolution(dataset), classes: dataset.classes, channels: dataset.channels };
  const budget = await budgetOf(config, ctx, image);
  const streams = scoreStreams((name) => ctx.rng(name));
  const start = startStructure(search.initStructure, search.space, image);
  const broken = brokenBudget(start, budget, image);
  if (broken !== null)
    throw new RangeError(`the start structure breaks budget.${broken}; raise it or set a smaller search.initStructure`);
  return {
    ...search,
    start,
    budget,
    image,
    space: { name: search.space, maxChannels: search.maxChannels, typeSampling: search.typeSampling },
    rng: (name) => ctx.rng(island === null ? name : `island-${island}/${name}`),
    score: (structure, blocks) =>
      scoreCandidate(structure, blocks, config, image, streams, { first: 0, count: config.score.repeats }),
  };
};

/** Side of the square images. @throws RangeError if they are not square */
export function imageResolution({ height, width }: Dataset): number {
  if (height !== width) throw new RangeError(`the images are ${height} x ${width}; zen-nas needs square ones`);
  return height;
}

const isOver = (state: SearchState, { search }: ZenNasConfig): boolean =>
  state.iteration >= search.iterations || (search.maxScored !== null && state.scored >= search.maxScored);

/**
 * Searches to the end of its budget of iterations or scores; reports and saves after every generation.
 *
 * @returns candidates scored per second, of this attempt
 */
export async function searchPhase(
  config: ZenNasConfig,
  ctx: MethodContext,
  dataset: Dataset,
  run: Extract<RunState, { phase: 'search' }>,
): Promise<number> {
  const options = await searchOptions(config, ctx, dataset);
  const state = run.search;
  const begin = { seconds: ctx.seconds(), scored: state.scored };
  let last = { ...begin };
  const rateSince = (since: typeof begin): number => {
    const seconds = ctx.seconds() - since.seconds;
    return seconds > 0 ? (state.scored - since.scored) / seconds : 0;
  };
  while (!isOver(state, config)) {
    await obeyStop(ctx, () => checkpointOf(run));
    await searchStep(state, options);
    if (state.iteration % config.search.generation !== 0 && !isOver(state, config)) continue;
    reportGeneration(config, ctx, state, state.scored > last.scored ? rateSince(last) : null);
    last = { seconds: ctx.seconds(), scored: state.scored };
    await ctx.saveCheckpoint(checkpointOf(run));
  }
  return rateSince(begin);
}

/** @param rate candidates scored per second since the last report; null if none was */
export const reportGeneration = (
  config: ZenNasConfig,
  ctx: MethodContext,
  state: SearchState,
  rate: number | null,
): void => {
  const scores = state.population.map(({ score }) => score);
  const best = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  // before the first member there is nothing to say of the population
  const population =
    scores.length === 0
      ? {}
      : {
          'search/best': best,
          'search/mean': scores.reduce((sum, score) => sum + score, 0) / scores.length,
          'search/worst': scores.reduce((a, b) => Math.min(a, b), best),
        };
  ctx.report(state.iteration, {
    ...population,
    ...(rate === null ? {} : { 'search/candidates-per-second': rate }),
    'search/scored': state.scored,
    'search/rejected-depth': state.rejected.depth,
    'search/rejected-params': state.rejected.params,
    'search/rejected-flops': state.rejected.flops,
    'search/rejected-latency': state.rejected.latency,
    'search/rejected-activations': state.rejected.activations,
    'search/rejected-duplicate': state.rejected.duplicate,
    'search/rejected-non-finite': state.rejected['non-finite'],
  });
  const { iterations, maxScored } = config.search;
  const byScores = maxScored !== null && state.scored / maxScored > state.iteration / iterations;
  ctx.progress({
    phase: 'search',
    done: byScores ? state.scored : state.iteration,
    total: byScores ? maxScored : iterations,
    message: `best ${scores.length === 0 ? 'none yet' : best.toFixed(1)}, ${state.scored} scored`,
  });
};
