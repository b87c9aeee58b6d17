import type * as tf from '@tensorflow/tfjs-core';
import type { Model, Parameter } from '../nn/model.ts';
import { adam } from './adam.ts';
import { lars } from './lars.ts';
import { sgd } from './sgd.ts';

/** Parameters that share settings. */
export interface ParameterGroup {
  parameters: readonly Parameter[];
  weightDecay: number;
  /** factor on the learning rate. @defaultValue 1 */
  learningRateScale?: number;
}

/** A tensor that an optimizer keeps per parameter, under the name that a checkpoint has it by. */
export interface Slot {
  name: string;
  value: tf.Variable;
}

/** An update rule with its state. It owns its slots, not the parameters. */
export interface Optimizer {
  readonly slots: readonly Slot[];
  /** updates done; part of the state of a rule that corrects for its start */
  steps: number;
  /** @param gradients by the name of the variable, as `tf.variableGrads` gives them; read, not freed */
  update(gradients: tf.NamedTensorMap, learningRate: number): void;
  dispose(): void;
}

/** Which rule, as plain JSON. */
export type OptimizerOptions =
  | { kind: 'sgd'; momentum: number; nesterov: boolean }
  | { kind: 'lars'; momentum: number; trust: number; epsilon: number }
  | { kind: 'adam' | 'adamw'; beta1: number; beta2: number; epsilon: number };

/** Starts an optimizer over groups of parameters. */
export function createOptimizer(options: OptimizerOptions, groups: readonly ParameterGroup[]): Optimizer {
  if (options.kind === 'lars') return lars(options, groups);
  return options.kind === 'sgd' ? sgd(options, groups) : adam(options, groups);
}

/** The usual two groups: weight decay for kernels, none for biases and for the vectors of normalisations. */
export function decayGroups(model: Pick<Model, 'parameters'>, weightDecay: number): ParameterGroup[] {
  return [
    { parameters: model.parameters.filter(({ decay }) => decay), weightDecay },
    { parameters: model.parameters.filter(({ decay }) => !decay), weightDecay: 0 },
  ];
}
