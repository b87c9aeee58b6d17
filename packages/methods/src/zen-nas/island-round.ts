import type { IslandRound, IslandSummary, ZenNasConfig } from '@crucible/contracts';
import { SEARCH_FILE } from '@crucible/contracts';
import type { Dataset } from '../data/dataset.ts';
import type { MethodContext } from '../method.ts';
import { initialState } from './run-state.ts';
import { ranked, type SearchState, totalRejected } from './search.ts';
import { readSearch, searchJson } from './search-file.ts';
import { searchPhase } from './search-phase.ts';

/**
 * One round of one island: goes on from its last round, with the best of its neighbor, and leaves its search for the next
 * one. Iterations are counted from the first round on, and every draw is named by island and iteration, so that the end
 * does not depend on which worker runs a round, when, or how often it is interrupted.
 */
export async function islandRound(
  config: ZenNasConfig,
  part: IslandRound,
  ctx: MethodContext,
  dataset: Dataset,
): Promise<IslandSummary> {
  const state = initialState(ctx, dataset.sha256);
  if (state.phase !== 'search') throw new Error(`a round of an island cannot go on from phase ${state.phase}`);
  if (part.from !== undefined && ctx.resumeFrom === null) {
    const { own, neighbor } = part.from;
    state.search = readSearch(await ctx.input(own), dataset);
    welcome(state.search, readSearch(await ctx.input(neighbor), dataset), config.search.islands.migrants);
  }
  const candidatesPerSecond = await searchPhase(endOfRound(config, part), ctx, dataset, state);
  const { search } = state;
  await ctx.saveArtifact(SEARCH_FILE, searchJson(search, dataset));
  return {
    island: part.island,
    round: part.round,
    best: ranked(search.population)[0]?.score ?? null,
    population: search.population.length,
    iterations: search.iteration,
    candidatesScored: search.scored,
    candidatesRejected: totalRejected(search),
    candidatesPerSecond,
  };
}

/** Copies the best members of the neighbor into the population, best first; one that lives here already stays away. */
export function welcome(search: SearchState, neighbor: SearchState, migrants: number): void {
  const known = new Set(search.population.map(({ structure }) => structure));
  for (const migrant of ranked(neighbor.population).slice(0, migrants))
    if (!known.has(migrant.structure)) search.population.push(migrant);
}

/** The config with the iteration at which a round ends in place of the last one of all. */
const endOfRound = (config: ZenNasConfig, { round }: IslandRound): ZenNasConfig => {
  const { iterations, islands } = config.search;
  const end = Math.min(iterations, (round + 1) * islands.migrateEvery);
  return { ...config, search: { ...config.search, iterations: end } };
};
