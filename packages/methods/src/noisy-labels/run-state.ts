import type { LinearRow, NoisyCell, NoisyLabelsSummary } from '@crucible/contracts';
import type { Checkpoint, MethodContext, StoredTensor } from '../method.ts';
import type { TrainingState } from '../train/save-training.ts';
import type { EpochRecord, ProbeRecord } from '../train/training.ts';
import type { FitByClass } from './fit.ts';
import type { LinearState } from './linear-phase.ts';

export type Warning = NoisyLabelsSummary['warnings'][number];

/** All that a cell leaves for the tables. */
export interface CellRecord {
  summary: NoisyCell;
  epochs: EpochRecord[];
  probes: ProbeRecord[];
  /** by epoch, then by class */
  byClass: FitByClass[][];
  /** counts of clean against observed training labels */
  counts: number[][];
  warnings: Warning[];
}

/** A cell under way. */
export interface CellState {
  training: TrainingState | null;
  byClass: FitByClass[][];
  warnings: Warning[];
}

/** The method's place in its work, plain JSON; tensors are saved beside it. */
export interface RunState {
  dataset: string;
  /** job's steps of phases and cells that are done */
  stepsDone: number;
  linear: LinearState | null;
  linearDone: { rows: LinearRow[]; warnings: Warning[] } | null;
  /** of the early model, while it is trained */
  early: TrainingState | null;
  /** whether its margins are kept */
  earlyDone: boolean;
  cells: CellRecord[];
  cell: CellState;
}

export const newCell = (): CellState => ({ training: null, byClass: [], warnings: [] });

/** A run with the tensors that it keeps beside those of the training under way. */
export interface Run {
  state: RunState;
  /** margins of the early model, and in which epochs each sample was fit, by cell */
  kept: StoredTensor[];
}

/** A checkpoint of a run; it holds a copy, so that going on does not change it. */
export const checkpointOf = (
  { state, kept }: Run,
  step: number,
  tensors: readonly StoredTensor[] = [],
): Checkpoint => ({
  step,
  state: structuredClone(state),
  tensors: [...kept.map((tensor) => ({ ...tensor, data: tensor.data.slice() })), ...tensors],
});

/**
 * The run to go on from: that of the checkpoint, else the first one.
 *
 * @param dataset hash of the data as it is now
 * @throws Error if the checkpoint was made with other data
 */
export function initialRun(ctx: Pick<MethodContext, 'resumeFrom'>, dataset: string): Run {
  if (ctx.resumeFrom === null)
    return {
      state: {
        dataset,
        stepsDone: 0,
        linear: null,
        linearDone: null,
        early: null,
        earlyDone: false,
        cells: [],
        cell: newCell(),
      },
      kept: [],
    };
  const state = structuredClone(ctx.resumeFrom.state) as RunState;
  if (state.dataset !== dataset)
    throw new Error(
      `the dataset has the hash ${dataset}, the checkpoint was made with ${state.dataset}; put the old files back or submit a new job`,
    );
  return { state, kept: ctx.resumeFrom.tensors.filter(({ name }) => name.startsWith(KEPT)) };
}

const KEPT = 'kept/';

/** Values of a tensor that the run keeps; undefined if there is none. */
export const keptValues = ({ kept }: Run, name: string): StoredTensor['data'] | undefined =>
  kept.find((one) => one.name === KEPT + name)?.data;

/** Keeps a tensor, in the place of an older one of its name. */
export function keep(run: Run, tensor: StoredTensor): void {
  const name = KEPT + tensor.name;
  run.kept = [...run.kept.filter((one) => one.name !== name), { ...tensor, name }];
}
