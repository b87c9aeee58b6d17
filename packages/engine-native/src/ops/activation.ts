import { relu, relu6, type Tensor } from '@tensorflow/tfjs-core';

/** What a fused op applies last. */
export type Activation = 'none' | 'relu' | 'relu6';

/** The activation as a plain op. */
export function activate<T extends Tensor>(x: T, activation: Activation): T {
  if (activation === 'none') return x;
  return activation === 'relu' ? relu(x) : relu6(x);
}

/** The name that tfjs has for it in its own fused kernels. */
export const tfjsActivation = (activation: Activation): 'linear' | 'relu' | 'relu6' =>
  activation === 'none' ? 'linear' : activation;
