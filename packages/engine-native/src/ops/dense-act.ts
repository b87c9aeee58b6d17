import {
  add,
  engine,
  getBackend,
  getKernel,
  matMul,
  type NamedAttrMap,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from '@tensorflow/tfjs-core';
import { type Activation, activate } from './activation.ts';

/** Fused kernel, registered by engines that have it. */
export const DENSE_ACT = 'CrucibleDenseAct';

export interface DenseActAttrs {
  readonly activation: Activation;
}

/**
 * `activation(x weights + bias)`. Differentiable in all three.
 *
 * One fused kernel where the engine has it, plain ops elsewhere.
 *
 * @param x `[N, I]` float32
 * @param weights `[I, O]`
 * @param bias `[O]`
 * @returns `[N, O]`
 */
export function denseAct(x: Tensor2D, weights: Tensor2D, bias: Tensor1D, activation: Activation = 'none'): Tensor2D {
  if (x.rank !== 2 || weights.rank !== 2 || x.shape[1] !== weights.shape[0]) {
    throw new Error(`denseAct: x [N, I] and weights [I, O] do not fit, have [${x.shape}] and [${weights.shape}]`);
  }
  if (bias.rank !== 1 || bias.size !== weights.shape[1]) {
    throw new Error(`denseAct: bias must have shape [${weights.shape[1]}], has [${bias.shape}]`);
  }
  if (getKernel(DENSE_ACT, getBackend()) === undefined) {
    return tidy(() => activate(add(matMul(x, weights), bias), activation));
  }
  const attrs: DenseActAttrs = { activation };
  return engine().runKernel(DENSE_ACT, { x, weights, bias }, attrs as unknown as NamedAttrMap) as Tensor2D;
}
