import { printStructure, type ZenNasConfig } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import { type MethodContext, NonFiniteError } from '../method.ts';
import { readBlocks } from '../nn/given-structure.ts';
import { budgetOf } from './budget.ts';
import type { RunState } from './run-state.ts';
import { scoreCandidate, scoreStreams } from './score-candidate.ts';
import { frontMember } from './search.ts';
import { imageResolution } from './search-phase.ts';

/**
 * A search of one, in place: the structure that the config gives is scored like a candidate of the search and makes up
 * the whole population, so that all that follows is the same. Budgets do not hold for it.
 *
 * @throws DataError when the bytes that the config names are no structure for these images
 */
export async function takeStructure(
  config: ZenNasConfig,
  given: NonNullable<ZenNasConfig['structure']>,
  ctx: MethodContext,
  dataset: Dataset,
  { search }: Extract<RunState, { phase: 'search' }>,
): Promise<void> {
  const blocks = await readBlocks(given, (reference) => ctx.input(reference), dataset);
  const structure = printStructure(blocks);
  const image = { resolution: imageResolution(dataset), classes: dataset.classes, channels: dataset.channels };
  const repeats = { first: 0, count: config.score.repeats };
  const streams = scoreStreams((name) => ctx.rng(name));
  const score = await scoreCandidate(structure, blocks, config, image, streams, repeats);
  if (!Number.isFinite(score)) throw new NonFiniteError(`the score of the given structure is ${score}`);
  search.population = [{ structure, score }];
  const budget = await budgetOf(config, ctx, image);
  search.fronts = [frontMember(structure, score, blocks, { budget, image })];
  search.scored = 1;
}
