import * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../method.ts';
import type { Model } from '../nn/model.ts';
import type { Slot } from '../optim/optimizer.ts';
import type { EpochRecord, ProbeRecord, Training, TrainingSums } from './training.ts';

/** What of a training is plain numbers; its tensors are saved beside it. */
export interface TrainingState {
  step: number;
  optimizerSteps: number;
  emaUpdates: number;
  sinceReport: TrainingSums;
  sinceEpoch: TrainingSums;
  epochs: EpochRecord[];
  probes: ProbeRecord[];
}

/** A training as it is saved. */
export interface SavedTraining {
  state: TrainingState;
  tensors: StoredTensor[];
}

const stored = async (name: string, variable: tf.Variable): Promise<StoredTensor> => ({
  name,
  dtype: 'float32',
  shape: [...variable.shape],
  data: (await variable.data<'float32'>()).slice(), // a copy: backends may hand out their own memory
});

/** Parameters and running statistics of a model, under their own names. */
export const modelTensors = (model: Pick<Model, 'parameters' | 'statistics'>): Promise<StoredTensor[]> =>
  Promise.all([...model.parameters, ...model.statistics].map(({ name, value }) => stored(name, value)));

/** All that a training needs to go on bit for bit. */
export async function saveTraining(training: Training): Promise<SavedTraining> {
  const { objective, optimizer, ema, step, sinceReport, sinceEpoch, epochs, probes } = training;
  const slots = [...optimizer.slots, ...(ema?.averages ?? [])];
  const saved = await Promise.all(slots.map(({ name, value }) => stored(name, value)));
  const state = {
    step,
    optimizerSteps: optimizer.steps,
    emaUpdates: ema?.updates ?? 0,
    sinceReport,
    sinceEpoch,
    epochs,
    probes,
  };
  return { state: structuredClone(state), tensors: [...(await modelTensors(objective)), ...saved] };
}

/** Puts stored values into variables of the same names. @throws RangeError if one is missing or has another shape */
export function restoreTensors(variables: readonly Slot[], tensors: readonly StoredTensor[]): void {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const { name, value } of variables) {
    const tensor = byName.get(name);
    if (tensor === undefined || tensor.shape.join() !== value.shape.join())
      throw new RangeError(
        `checkpoint: tensor ${name} is ${tensor === undefined ? 'missing' : `of shape [${tensor.shape}]`}, want [${value.shape}]`,
      );
    tf.tidy(() => value.assign(tf.tensor(new Float32Array(tensor.data), value.shape)));
  }
}

/**
 * Puts a saved training into a freshly started one.
 *
 * @throws RangeError if a tensor is missing or has another shape
 */
export function restoreTraining(training: Training, state: TrainingState, tensors: readonly StoredTensor[]): void {
  const { objective, optimizer, ema } = training;
  const averages = ema?.averages ?? [];
  restoreTensors([...objective.parameters, ...objective.statistics, ...optimizer.slots, ...averages], tensors);
  const { step, optimizerSteps, emaUpdates, sinceReport, sinceEpoch, epochs, probes } = structuredClone(state);
  optimizer.steps = optimizerSteps;
  if (ema !== null) ema.updates = emaUpdates;
  Object.assign(training, { step, sinceReport, sinceEpoch, epochs, probes });
}
