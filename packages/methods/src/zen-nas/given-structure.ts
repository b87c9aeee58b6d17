import {
  firstOf,
  inChannels,
  parseStructure,
  structureStringFaults,
  superBlocks,
  type ZenNasConfig,
} from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import { DataError, type MethodContext, NonFiniteError } from '../method.ts';
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
  const structure = typeof given === 'string' ? given : new TextDecoder().decode(await ctx.input(given)).trim();
  const faults = structureStringFaults(structure);
  if (faults.length > 0) throw new DataError(`The given structure cannot be built: ${faults.join('; ')}`);
  const blocks = superBlocks(parseStructure(structure));
  const channels = inChannels(firstOf(blocks));
  if (channels !== dataset.channels)
    throw new DataError(`The given structure takes ${channels} input channels, the images have ${dataset.channels}.`);
  const image = { resolution: imageResolution(dataset), classes: dataset.classes, channels };
  const repeats = { first: 0, count: config.score.repeats };
  const streams = scoreStreams((name) => ctx.rng(name));
  const score = await scoreCandidate(structure, blocks, config, image, streams, repeats);
  if (!Number.isFinite(score)) throw new NonFiniteError(`the score of the given structure is ${score}`);
  search.population = [{ structure, score }];
  const budget = await budgetOf(config, ctx, image);
  search.fronts = [frontMember(structure, score, blocks, { budget, image })];
  search.scored = 1;
}
