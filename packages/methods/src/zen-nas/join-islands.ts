import type { Reference, ZenNasConfig } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import type { MethodContext } from '../method.ts';
import { addToFronts } from './pareto.ts';
import type { RunState } from './run-state.ts';
import { emptySearch, type Rejection, ranked, type SearchState } from './search.ts';
import { readSearch } from './search-file.ts';
import { reportGeneration } from './search-phase.ts';

/** A search by others, in place: the last rounds of all islands as one search that is over, and a report of it. */
export async function takeIslands(
  config: ZenNasConfig,
  islands: readonly Reference[],
  ctx: MethodContext,
  dataset: Dataset,
  run: Extract<RunState, { phase: 'search' }>,
): Promise<void> {
  const searches = await Promise.all(islands.map(async (island) => readSearch(await ctx.input(island), dataset)));
  run.search = joined(searches, config.search.population);
  const whole = { ...config.search, iterations: run.search.iteration, maxScored: null };
  reportGeneration({ ...config, search: whole }, ctx, run.search, null);
}

/**
 * Several searches as one: the best of their populations, each structure once, and the sums of what they counted.
 *
 * @param population most members; of equal scores the one of the earlier search goes first
 */
export function joined(searches: readonly SearchState[], population: number): SearchState {
  const whole = emptySearch();
  const members = new Map<string, SearchState['population'][number]>();
  for (const search of searches) {
    whole.iteration += search.iteration;
    whole.scored += search.scored;
    for (const [reason, count] of Object.entries(search.rejected)) whole.rejected[reason as Rejection] += count;
    // a score depends on nothing but seed and structure: the same structure has the same one everywhere
    for (const member of search.fronts) addToFronts(whole.fronts, member);
    for (const member of search.population) if (!members.has(member.structure)) members.set(member.structure, member);
  }
  whole.population = ranked([...members.values()]).slice(0, population);
  return whole;
}
