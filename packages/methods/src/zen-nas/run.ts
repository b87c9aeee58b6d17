import {
  type IslandSummary,
  parseStructure,
  SEARCH_FILE,
  superBlocks,
  type ZenNasConfig,
  type ZenNasSummary,
} from '@crucible/contracts';
/**
 * @file Zen-NAS (arXiv:2102.01063): evolutionary search by Zen-score under budgets, then training of the winner.
 *
 * Differs from the paper: see `score.ts` for the score and `search.ts` for the search; the winner is the candidate with
 * the best mean over many fresh draws; a teacher gives its probabilities alone, without features, and RandAugment
 * stands in the place of AutoAugment.
 */
import type { Dataset } from '../data/dataset.ts';
import { encodeSafetensors } from '../data/safetensors.ts';
import type { Method, MethodContext } from '../method.ts';
import { countStructure } from '../nn/structure/count.ts';
import { depthOf } from '../nn/structure/expand.ts';
import { learningCurveCsv } from '../train/learning-curve.ts';
import { modelTensors } from '../train/save-training.ts';
import type { EpochRecord } from '../train/training.ts';
import { populationJson } from './artifacts.ts';
import { takeStructure } from './given-structure.ts';
import { islandRound } from './island-round.ts';
import { takeIslands } from './join-islands.ts';
import { paretoFrontCsv } from './pareto.ts';
import { rescorePhase } from './rescore-phase.ts';
import { checkpointOf, type DataState, type Found, initialScoring, initialState } from './run-state.ts';
import { scoreTask } from './score-task.ts';
import { searchJson } from './search-file.ts';
import { imageResolution, searchPhase } from './search-phase.ts';
import { trainPhase } from './train-phase.ts';

export const zenNas: Method<ZenNasConfig, ZenNasSummary | IslandSummary> = {
  id: 'zen-nas',
  async run(config, ctx) {
    if (config.task === 'score') return scoreTask(config, ctx, initialScoring(ctx));
    const dataset = await ctx.data(config.dataset);
    const { part } = config.search.islands;
    if (part?.kind === 'round') return islandRound(config, part, ctx, dataset);
    let state: DataState = initialState(ctx, dataset.sha256);
    if (state.phase === 'search') {
      const { structure } = config;
      let candidatesPerSecond = 0;
      if (structure !== null) await takeStructure(config, structure, ctx, dataset, state);
      else if (part === undefined && config.search.islands.count > 1)
        throw new RangeError('a search on islands runs as jobs of a pool; this is none of them');
      else if (part === undefined) candidatesPerSecond = await searchPhase(config, ctx, dataset, state);
      else await takeIslands(config, part.islands, ctx, dataset, state);
      state = { ...state, phase: 'rescore', rescored: [], candidatesPerSecond };
    }
    if (state.phase === 'rescore') {
      const found = await rescorePhase(config, ctx, dataset, state);
      const image = { resolution: imageResolution(dataset), classes: dataset.classes };
      await ctx.saveArtifact('best-structure.txt', `${found.structure}\n`);
      await ctx.saveArtifact(SEARCH_FILE, searchJson(state.search, dataset));
      await ctx.saveArtifact('population.json', populationJson(state.search.population, state.rescored, config, image));
      await ctx.saveArtifact('pareto-front.csv', paretoFrontCsv(state.search.fronts));
      ctx.log('info', `found ${found.structure}`, { score: found.score, scored: found.scored });
      state = { phase: 'train', dataset: dataset.sha256, found, training: null };
      await ctx.saveCheckpoint(checkpointOf(state));
    }
    const epochs = config.training.epochs > 0 ? await train(config, ctx, dataset, state) : [];
    return summaryOf(config, dataset, state.found, epochs);
  },
};

const train = (
  config: ZenNasConfig,
  ctx: MethodContext,
  dataset: Dataset,
  state: Extract<DataState, { phase: 'train' }>,
): Promise<readonly EpochRecord[]> =>
  trainPhase(config, ctx, dataset, state, async (model, epochs) => {
    const metadata = { format: 'crucible', structure: state.found.structure, dataset: dataset.name };
    await ctx.saveArtifact('learning-curve.csv', learningCurveCsv(epochs));
    await ctx.saveArtifact('weights.safetensors', encodeSafetensors(await modelTensors(model), metadata));
    return structuredClone(epochs);
  });

const summaryOf = (
  config: ZenNasConfig,
  dataset: Dataset,
  found: Found,
  epochs: readonly EpochRecord[],
): ZenNasSummary => {
  const blocks = superBlocks(parseStructure(found.structure));
  const image = { resolution: imageResolution(dataset), classes: dataset.classes };
  const { squeezeExcite } = config.training;
  const { params, flops } = countStructure(blocks, { counter: 'exact', squeezeExcite, ...image });
  const last = epochs.at(-1)?.values;
  return {
    structure: found.structure,
    score: found.score,
    params,
    flops,
    depth: depthOf(blocks),
    candidatesScored: found.scored,
    candidatesRejected: found.rejected,
    candidatesPerSecond: found.candidatesPerSecond,
    testAccuracy: last?.['test/accuracy'] ?? null,
    testLoss: last?.['test/loss'] ?? null,
    epochs: epochs.length,
  };
};
