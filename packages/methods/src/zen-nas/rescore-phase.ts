import { parseStructure, superBlocks, type ZenNasConfig } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import type { MethodContext } from '../method.ts';
import { obeyStop } from '../obey-stop.ts';
import { checkpointOf, type Found, type RunState } from './run-state.ts';
import { scoreCandidate, scoreStreams } from './score-candidate.ts';
import { ranked, totalRejected } from './search.ts';
import { imageResolution } from './search-phase.ts';

/**
 * Scores the best candidates of the search again, each with many fresh draws: the search's own scores are single draws,
 * and the largest of many noisy numbers is too large. The winner has the largest mean.
 *
 * @throws Error if no candidate kept the budgets, or none has a finite mean
 */
export async function rescorePhase(
  config: ZenNasConfig,
  ctx: MethodContext,
  dataset: Dataset,
  run: Extract<RunState, { phase: 'rescore' }>,
): Promise<Found> {
  const { search, rescored } = run;
  const { finalRescoreTopK, finalRescoreRepeats } = config.search;
  const candidates = ranked(search.population).slice(0, finalRescoreTopK);
  if (candidates.length === 0)
    throw new Error(
      `none of ${search.iteration} children kept the budgets ${JSON.stringify(search.rejected)}; raise the budgets or search.iterations`,
    );
  const image = { resolution: imageResolution(dataset), classes: dataset.classes };
  const streams = scoreStreams((name) => ctx.rng(name));
  for (const { structure } of candidates.slice(rescored.length)) {
    await obeyStop(ctx, () => checkpointOf(run));
    const blocks = superBlocks(parseStructure(structure));
    const repeats = { first: config.score.repeats, count: finalRescoreRepeats };
    const score = await scoreCandidate(structure, blocks, config, image, streams, repeats);
    rescored.push({ structure, score });
    ctx.progress({
      phase: 'rescore',
      done: rescored.length,
      total: candidates.length,
      message: `${finalRescoreRepeats} draws each, last ${score.toFixed(2)}`,
    });
  }
  const [winner] = ranked(rescored.filter(({ score }) => Number.isFinite(score)));
  if (winner === undefined) throw new Error('every rescored candidate has a score that is not a finite number');
  return {
    ...winner,
    scored: search.scored,
    rejected: totalRejected(search),
    candidatesPerSecond: run.candidatesPerSecond,
    iterations: search.iteration + rescored.length,
  };
}
