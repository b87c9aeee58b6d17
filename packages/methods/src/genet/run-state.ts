import type { GenetConfig, LatencyTable, SuperBlock } from '@crucible/contracts';
import type { Dataset, Split } from '../data/dataset.ts';
import { stepsPerEpoch } from '../data/loader.ts';
import type { Measurements } from '../latency/measure-plan.ts';
import type { Checkpoint, MethodContext, StoredTensor } from '../method.ts';
import type { SavedTraining, TrainingState } from '../train/save-training.ts';
import type { EpochRecord } from '../train/training.ts';
import type { Position } from './space.ts';

/** What training a network came to. */
export interface Trained {
  /** of the held-out samples; null where none are held out */
  validationAccuracy: number | null;
  testAccuracy: number;
  epochs: EpochRecord[];
}

/** A network of the last phase, by its place in the list of those to train. */
export type Verified = Pick<Trained, 'validationAccuracy' | 'testAccuracy'>;

/** The method's place in its work, plain JSON. What is null has not been done yet, or is not part of the task. */
export interface RunState {
  /** hash of the data */
  dataset: string;
  /** the job's steps that finished parts took: measurements and training steps */
  doneSteps: number;
  /** what a profile has measured so far, and where; once it is whole nothing is measured again, wherever the job goes on */
  measured: Measurements;
  device: LatencyTable['engine'] | null;
  /** the structure itself, trained */
  master: Trained | null;
  /** of its kernels; null if undefined, too */
  rankTrend: number | null;
  /** held-out accuracies of the distilled variants, in the order in which they are drawn */
  variants: number[];
  verified: Verified[];
  /** of the network or block that is being trained */
  training: TrainingState | null;
}

const MASTER = 'master/';
const TRAINING = 'training/';

/** The tensors beside the state: those of the trained master, and those of the training that an attempt began with. */
export interface RunTensors {
  master: readonly StoredTensor[];
  training: readonly StoredTensor[];
}

/** What all phases work on. */
export interface Job {
  readonly config: GenetConfig;
  readonly ctx: MethodContext;
  readonly data: Data;
  /** the structure of the config, and its places that may change */
  readonly blocks: readonly SuperBlock[];
  readonly positions: readonly Position[];
  readonly state: RunState;
  readonly tensors: RunTensors;
}

/** The samples to train on, and those by which networks are judged. */
export interface Data {
  dataset: Dataset;
  heldOut: Split | null;
}

const renamed = (tensors: readonly StoredTensor[], prefix: string): StoredTensor[] =>
  tensors.map((tensor) => ({ ...tensor, name: `${prefix}${tensor.name}` }));

const unprefixed = (tensors: readonly StoredTensor[], prefix: string): StoredTensor[] =>
  tensors
    .filter(({ name }) => name.startsWith(prefix))
    .map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length) }));

/** A checkpoint between two parts of the work, or within a training; it holds a copy of the state. */
export function checkpointOf(
  { state, tensors: { master } }: Pick<Job, 'state' | 'tensors'>,
  training: SavedTraining | null = null,
): Checkpoint {
  return {
    step: state.doneSteps + (training?.state.step ?? 0),
    state: structuredClone({ ...state, training: training?.state ?? null }),
    tensors: [...renamed(master, MASTER), ...renamed(training?.tensors ?? [], TRAINING)],
  };
}

/** Where an earlier attempt was in the training under way; null: at its begin. */
export const savedTraining = ({ state, tensors }: Job) =>
  state.training === null ? null : { state: state.training, tensors: tensors.training };

/** Notes that the training under way is over: so many epochs of the train split. */
export function endOfTraining({ state, data, config }: Job, epochs: number): void {
  state.training = null;
  state.doneSteps += epochs * stepsPerEpoch(data.dataset.train.count, config.training.batchSize);
}

/**
 * The state to go on from: that of the checkpoint, else the first one.
 *
 * @param dataset hash of the data as it is now
 * @throws Error if the checkpoint was made with other data
 */
export function initialState(ctx: MethodContext, dataset: string): { state: RunState; tensors: RunTensors } {
  if (ctx.resumeFrom === null) {
    const measured = { units: [], networks: [] };
    const none = { device: null, master: null, rankTrend: null, variants: [], verified: [], training: null };
    return { state: { dataset, doneSteps: 0, measured, ...none }, tensors: { master: [], training: [] } };
  }
  const state = structuredClone(ctx.resumeFrom.state) as RunState;
  if (state.dataset !== dataset)
    throw new Error(
      `the dataset has the hash ${dataset}, the checkpoint was made with ${state.dataset}; put the old files back or submit a new job`,
    );
  const { tensors } = ctx.resumeFrom;
  return { state, tensors: { master: unprefixed(tensors, MASTER), training: unprefixed(tensors, TRAINING) } };
}
