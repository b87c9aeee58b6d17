import * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../method.ts';
import type { Model } from '../nn/model.ts';
import type { Training, TrainingSums } from './training.ts';

/** What of a training is plain numbers; its tensors are saved beside it. */
export interface TrainingState {
  step: number;
  sinceReport: TrainingSums;
  sinceEpoch: TrainingSums;
}

const stored = (name: string, variable: tf.Variable): StoredTensor => ({
  name,
  dtype: 'float32',
  shape: [...variable.shape],
  data: variable.dataSync<'float32'>().slice(), // a copy: backends may hand out their own memory
});

/** Parameters and running statistics of a model, under their own names. */
export const modelTensors = (model: Model): StoredTensor[] =>
  [...model.parameters, ...model.statistics].map(({ name, value }) => stored(name, value));

/** All that a training needs to go on bit for bit. */
export function saveTraining(training: Training): { state: TrainingState; tensors: StoredTensor[] } {
  const { model, velocities, step, sinceReport, sinceEpoch } = training;
  const momenta = model.parameters.flatMap(({ name }, i) => {
    const velocity = velocities[i];
    return velocity === undefined ? [] : [stored(`velocity/${name}`, velocity)];
  });
  return {
    state: { step, sinceReport: { ...sinceReport }, sinceEpoch: { ...sinceEpoch } },
    tensors: [...modelTensors(model), ...momenta],
  };
}

/**
 * Puts a saved training into a freshly started one.
 *
 * @throws RangeError if a tensor is missing or has another shape
 */
export function restoreTraining(training: Training, state: TrainingState, tensors: readonly StoredTensor[]): void {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const restore = (name: string, variable: tf.Variable | undefined): void => {
    const tensor = byName.get(name);
    if (tensor === undefined || variable === undefined || tensor.shape.join() !== variable.shape.join())
      throw new RangeError(
        `checkpoint: tensor ${name} is ${tensor === undefined ? 'missing' : `of shape [${tensor.shape}]`}, want [${variable?.shape}]`,
      );
    tf.tidy(() => variable.assign(tf.tensor(new Float32Array(tensor.data), variable.shape)));
  };
  for (const { name, value } of [...training.model.parameters, ...training.model.statistics]) restore(name, value);
  training.model.parameters.forEach(({ name }, i) => {
    restore(`velocity/${name}`, training.velocities[i]);
  });
  training.step = state.step;
  training.sinceReport = { ...state.sinceReport };
  training.sinceEpoch = { ...state.sinceEpoch };
}
