import * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../method.ts';
import type { Model } from '../nn/model.ts';
import type { Training, TrainingSums } from './training.ts';

/** What of a training is plain numbers; its tensors are saved beside it. */
export interface TrainingState {
  step: number;
  optimizerSteps: number;
  emaUpdates: number;
  sinceReport: TrainingSums;
  sinceEpoch: TrainingSums;
}

const stored = async (name: string, variable: tf.Variable): Promise<StoredTensor> => ({
  name,
  dtype: 'float32',
  shape: [...variable.shape],
  data: (await variable.data<'float32'>()).slice(), // a copy: backends may hand out their own memory
});

/** Parameters and running statistics of a model, under their own names. */
export const modelTensors = (model: Model): Promise<StoredTensor[]> =>
  Promise.all([...model.parameters, ...model.statistics].map(({ name, value }) => stored(name, value)));

/** All that a training needs to go on bit for bit. */
export async function saveTraining(training: Training): Promise<{ state: TrainingState; tensors: StoredTensor[] }> {
  const { model, optimizer, ema, step, sinceReport, sinceEpoch } = training;
  const slots = [...optimizer.slots, ...(ema?.averages ?? [])];
  const saved = await Promise.all(slots.map(({ name, value }) => stored(name, value)));
  return {
    state: {
      step,
      optimizerSteps: optimizer.steps,
      emaUpdates: ema?.updates ?? 0,
      sinceReport: { ...sinceReport },
      sinceEpoch: { ...sinceEpoch },
    },
    tensors: [...(await modelTensors(model)), ...saved],
  };
}

/**
 * Puts a saved training into a freshly started one.
 *
 * @throws RangeError if a tensor is missing or has another shape
 */
export function restoreTraining(training: Training, state: TrainingState, tensors: readonly StoredTensor[]): void {
  const { model, optimizer, ema } = training;
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const { name, value } of [
    ...model.parameters,
    ...model.statistics,
    ...optimizer.slots,
    ...(ema?.averages ?? []),
  ]) {
    const tensor = byName.get(name);
    if (tensor === undefined || tensor.shape.join() !== value.shape.join())
      throw new RangeError(
        `checkpoint: tensor ${name} is ${tensor === undefined ? 'missing' : `of shape [${tensor.shape}]`}, want [${value.shape}]`,
      );
    tf.tidy(() => value.assign(tf.tensor(new Float32Array(tensor.data), value.shape)));
  }
  optimizer.steps = state.optimizerSteps;
  if (ema !== null) ema.updates = state.emaUpdates;
  training.step = state.step;
  training.sinceReport = { ...state.sinceReport };
  training.sinceEpoch = { ...state.sinceEpoch };
}
