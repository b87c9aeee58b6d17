import { parseStructure, printStructure, type SuperBlock, superBlocks } from '@crucible/contracts';
/**
 * @file Steady-state evolutionary search (arXiv:2102.01063, algorithm 2) as steps over a plain state.
 *
 * Differs from the paper: the start structure is the parent while the population is small and never a member; a
 * structure is scored once and its score kept; equal structures are refused where `dedupe` says so; a non-finite score
 * refuses the child.
 */

import type { Rng } from '../random/rng.ts';
import { type Budget, type BudgetName, brokenBudget } from './budget.ts';
import { candidateCost } from './candidate-cost.ts';
import { type MutationOptions, mutate } from './mutate.ts';
import { addToFronts, type FrontMember } from './pareto.ts';

/** A member of the population: its structure string and its proxy score. */
export interface Candidate {
  structure: string;
  score: number;
}

export type Rejection = BudgetName | 'duplicate' | 'non-finite';

/** All of the search that has to survive; plain JSON. The random numbers need no state: they are keyed by iteration. */
export interface SearchState {
  iteration: number;
  /** in the order of insertion, which decides ties */
  population: Candidate[];
  /** last scored candidates, oldest first: a structure that comes back is not scored again */
  recent: Candidate[];
  scored: number;
  rejected: Record<Rejection, number>;
  /** scored candidates that no other one beats in score against a cost */
  fronts: FrontMember[];
}

/** What the search is told; the same for all its steps. */
export interface SearchOptions extends MutationOptions {
  start: readonly SuperBlock[];
  population: number;
  warmPool: number;
  mutationDraws: number;
  dedupe: boolean;
  budget: Budget;
  image: { resolution: number; classes: number };
  /** named streams of the job's seed */
  rng: (name: string) => Rng;
  /** a pure function of the structure */
  score: (structure: string, blocks: readonly SuperBlock[]) => number | Promise<number>;
}

/** Scores kept of candidates that may have left the population. */
const RECENT_SCORES = 1024;

/** The state before the first iteration. */
export const emptySearch = (): SearchState => ({
  iteration: 0,
  population: [],
  recent: [],
  scored: 0,
  rejected: { depth: 0, params: 0, flops: 0, latency: 0, activations: 0, duplicate: 0, 'non-finite': 0 },
  fronts: [],
});

/** One iteration, in place: makes a child and, unless it is rejected, scores and inserts it. */
export async function searchStep(state: SearchState, options: SearchOptions): Promise<void> {
  const { population } = state;
  while (population.length > options.population) population.splice(worstIndex(population), 1);

  const rng = options.rng(`zen-nas/mutate/${state.iteration}`);
  state.iteration += 1;
  const warm = population.length <= options.warmPool;
  const parent = warm ? options.start : blocksOf(population[rng.below(population.length)]);
  const blocks = mutate(parent, warm ? 1 : options.mutationDraws, options, rng);

  const broken = brokenBudget(blocks, options.budget, options.image);
  if (broken !== null) {
    state.rejected[broken] += 1;
    return;
  }
  const structure = printStructure(blocks);
  if (options.dedupe && population.some((member) => member.structure === structure)) {
    state.rejected.duplicate += 1;
    return;
  }
  const score = await scoreOnce(state, structure, blocks, options);
  if (!Number.isFinite(score)) {
    state.rejected['non-finite'] += 1;
    return;
  }
  population.push({ structure, score });
  addToFronts(state.fronts, frontMember(structure, score, blocks, options));
}

/** A scored candidate with all that the fronts weigh. */
export const frontMember = (
  structure: string,
  score: number,
  blocks: readonly SuperBlock[],
  { budget, image }: Pick<SearchOptions, 'budget' | 'image'>,
): FrontMember => ({
  structure,
  score,
  ...candidateCost(blocks, budget.counter, image),
  latencyMs: budget.latency?.of(blocks) ?? null,
});

const scoreOnce = async (
  state: SearchState,
  structure: string,
  blocks: readonly SuperBlock[],
  options: SearchOptions,
): Promise<number> => {
  const known =
    state.population.find((member) => member.structure === structure) ??
    state.recent.find((candidate) => candidate.structure === structure);
  if (known !== undefined) return known.score;
  const score = await options.score(structure, blocks);
  state.scored += 1;
  if (Number.isFinite(score)) {
    state.recent.push({ structure, score });
    if (state.recent.length > RECENT_SCORES) state.recent.shift();
  }
  return score;
};

const blocksOf = (candidate: Candidate | undefined): SuperBlock[] =>
  superBlocks(parseStructure(candidate?.structure ?? ''));

/** Index of the smallest score, the first one on ties. */
const worstIndex = (population: readonly Candidate[]): number =>
  population.reduce((worst, { score }, i) => (score < (population[worst]?.score ?? score) ? i : worst), 0);

/** The candidates by falling score; the earlier one first on ties. */
export function ranked(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates].sort((a, b) => b.score - a.score);
}

/** Children refused so far, for whatever reason. */
export const totalRejected = (state: SearchState): number =>
  Object.values(state.rejected).reduce((sum, count) => sum + count, 0);
