import type { Dataset } from '../data/dataset.ts';
import type { MethodContext, StoredTensor } from '../method.ts';
import type { Objective } from './objective.ts';
import { type RunTrainingOptions, runTraining } from './run-training.ts';
import { restoreTraining, type TrainingState } from './save-training.ts';
import { type EpochRecord, endTraining, type ProbeRecord, startTraining, type TrainingOptions } from './training.ts';

export interface TrainOptions extends RunTrainingOptions {
  training: TrainingOptions;
  /** where an earlier attempt was; null: at the begin */
  saved: { state: TrainingState; tensors: readonly StoredTensor[] } | null;
}

/**
 * The shared training of every method: starts or goes on, trains to the end, hands over what came of it.
 *
 * @param use called with a record per epoch and per probe, while parameters and statistics have their final values: the averages where
 *   the training keeps some
 * @throws NonFiniteError, Stopped: see `runTraining`
 */
export async function train<T>(
  ctx: MethodContext,
  objective: Objective,
  dataset: Dataset,
  options: TrainOptions,
  use: (epochs: readonly EpochRecord[], probes: readonly ProbeRecord[]) => Promise<T>,
): Promise<T> {
  const training = startTraining(objective, dataset, options.training);
  try {
    if (options.saved !== null) restoreTraining(training, options.saved.state, options.saved.tensors);
    await runTraining(ctx, training, options);
    const result = () => use(training.epochs, training.probes);
    return await (training.ema === null ? result() : training.ema.during(result));
  } finally {
    await endTraining(training);
  }
}
