/** @file The checkpoint of a method that does nothing but train once. */
import { createHash } from 'node:crypto';
import type { Dataset } from '../data/dataset.ts';
import type { Checkpoint, MethodContext } from '../method.ts';
import type { SavedTraining, TrainingState } from './save-training.ts';

/** What of a checkpoint is plain JSON. */
interface RunState {
  /** hash of the data files */
  dataset: string;
  /** hash of the training labels, with whatever noise is in them */
  labels: string;
  training: TrainingState;
}

const labelsHash = ({ train: { labels } }: Dataset): string =>
  createHash('sha256')
    .update(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength))
    .digest('hex');

/** @param dataset that is trained on */
export const checkpointOf = (dataset: Dataset, { state, tensors }: SavedTraining, step: number): Checkpoint => ({
  step,
  state: { dataset: dataset.sha256, labels: labelsHash(dataset), training: state } satisfies RunState,
  tensors,
});

/**
 * The training to go on with; null at the begin.
 *
 * @throws Error if the checkpoint was made with other data
 */
export function savedTraining(
  { resumeFrom }: Pick<MethodContext, 'resumeFrom'>,
  dataset: Dataset,
): { state: TrainingState; tensors: Checkpoint['tensors'] } | null {
  if (resumeFrom === null) return null;
  const { dataset: data, labels, training } = resumeFrom.state as RunState;
  if (data !== dataset.sha256 || labels !== labelsHash(dataset))
    throw new Error(
      `the dataset has the hash ${dataset.sha256}, the checkpoint was made with other samples or labels of ${data}; put the old files back or submit a new job`,
    );
  return { state: training, tensors: resumeFrom.tensors };
}
