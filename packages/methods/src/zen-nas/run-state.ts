import type { Checkpoint, MethodContext, StoredTensor } from '../method.ts';
import type { TrainingState } from '../train/save-training.ts';
import { type Candidate, emptySearch, type SearchState } from './search.ts';

/** What the search found, and what it took. */
export interface Found {
  structure: string;
  /** mean Zen-score of the final rescoring */
  score: number;
  scored: number;
  rejected: number;
  candidatesPerSecond: number;
  iterations: number;
}

/** The method's place in its work, plain JSON; the tensors of the last phase are saved beside it. */
export type RunState =
  | { phase: 'score' /** draws in order; null for one that is not finite */; values: (number | null)[] }
  | { phase: 'search'; dataset: string; search: SearchState }
  | {
      phase: 'rescore';
      dataset: string;
      search: SearchState;
      rescored: Candidate[];
      candidatesPerSecond: number;
    }
  | { phase: 'train'; dataset: string; found: Found; training: TrainingState | null };

/**
 * The job's step: search iterations, candidates rescored, training steps; of task `score` the draws. Checkpoints and metrics share it, so that a
 * reader can tell which points an attempt that went on from a checkpoint has replaced.
 */
const stepOf = (state: RunState): number => {
  switch (state.phase) {
    case 'score':
      return state.values.length;
    case 'search':
      return state.search.iteration;
    case 'rescore':
      return state.search.iteration + state.rescored.length;
    case 'train':
      return state.found.iterations + (state.training?.step ?? 0);
  }
};

/** A checkpoint of `state`; it holds a copy, so that going on does not change it. */
export const checkpointOf = (state: RunState, tensors: readonly StoredTensor[] = []): Checkpoint => ({
  step: stepOf(state),
  state: structuredClone(state),
  tensors,
});

/** State of a task on data; task `score` has none. */
export type DataState = Exclude<RunState, { phase: 'score' }>;

/** The scoring to go on from: that of the checkpoint, else one without a draw. */
export const initialScoring = ({ resumeFrom }: MethodContext): Extract<RunState, { phase: 'score' }> =>
  resumeFrom === null
    ? { phase: 'score', values: [] }
    : (structuredClone(resumeFrom.state) as { phase: 'score'; values: number[] });

/**
 * The state to go on from: that of the checkpoint, else the first one.
 *
 * @param dataset hash of the data as it is now
 * @throws Error if the checkpoint was made with other data
 */
export function initialState(ctx: MethodContext, dataset: string): DataState {
  if (ctx.resumeFrom === null) return { phase: 'search', dataset, search: emptySearch() };
  const state = structuredClone(ctx.resumeFrom.state) as DataState;
  if (state.dataset !== dataset)
    throw new Error(
      `the dataset has the hash ${dataset}, the checkpoint was made with ${state.dataset}; put the old files back or submit a new job`,
    );
  return state;
}
