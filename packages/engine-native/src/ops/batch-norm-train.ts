import {
  add,
  batchNorm,
  engine,
  getBackend,
  getKernel,
  moments,
  mul,
  type NamedAttrMap,
  type Tensor,
  type Tensor1D,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import { type Activation, activate } from './activation.ts';

/** Fused kernel, registered by engines that have it. */
export const BATCH_NORM_TRAIN = 'CrucibleBatchNormTrain';
/** Kernel behind its gradient. */
export const BATCH_NORM_TRAIN_GRAD = 'CrucibleBatchNormTrainGrad';

export type BatchNormActivation = Activation;

/** Running averages, each `[C]`, updated in place: `moving = momentum * moving + (1 - momentum) * batch`. */
export interface MovingMoments {
  readonly mean: Variable;
  readonly variance: Variable;
  /** Share of the old value that is kept, in `[0, 1]`. */
  readonly momentum: number;
}

export interface BatchNormTrainOptions {
  /** Added to the variance. @defaultValue 1e-5 */
  readonly epsilon?: number;
  /** Applied last. @defaultValue 'none' */
  readonly activation?: BatchNormActivation;
  /** Added after normalisation and before the activation; same shape as `x`. */
  readonly residual?: Tensor;
  readonly moving?: MovingMoments;
}

/** What the fused kernels get; `hasResidual` stands for the input that only the forward kernel has. */
export interface BatchNormTrainAttrs {
  readonly epsilon: number;
  readonly activation: BatchNormActivation;
  readonly hasResidual: boolean;
  readonly moving: MovingMoments | undefined;
}

/**
 * Batch normalisation in training mode: `activation(gamma * (x - mean) / sqrt(variance + epsilon) + beta + residual)`.
 *
 * Mean and biased variance are those of the batch, over all axes but the last, and the gradient flows
 * through them. The running variance takes the unbiased one, as in PyTorch. Differentiable in `x`,
 * `gamma`, `beta` and `residual`. One fused kernel where the engine has it, plain ops elsewhere.
 *
 * @param x `[..., C]` float32, rank 2 to 4
 * @param gamma `[C]`
 * @param beta `[C]`
 * @returns a tensor of the shape of `x`
 */
export function batchNormTrain<T extends Tensor>(
  x: T,
  gamma: Tensor1D,
  beta: Tensor1D,
  options: BatchNormTrainOptions = {},
): T {
  const { residual, moving } = options;
  const channels = x.shape.at(-1);
  if (x.rank < 2 || x.rank > 4) throw new Error(`batchNormTrain: x must have rank 2 to 4, has ${x.rank}`);
  for (const [name, tensor] of Object.entries({ gamma, beta, mean: moving?.mean, variance: moving?.variance })) {
    if (tensor !== undefined && (tensor.rank !== 1 || tensor.size !== channels)) {
      throw new Error(`batchNormTrain: ${name} must have shape [${channels}], has [${tensor.shape}]`);
    }
  }
  if (residual !== undefined && residual.shape.join() !== x.shape.join()) {
    throw new Error(`batchNormTrain: residual must have shape [${x.shape}], has [${residual.shape}]`);
  }
  const attrs: BatchNormTrainAttrs = {
    epsilon: options.epsilon ?? 1e-5,
    activation: options.activation ?? 'none',
    hasResidual: residual !== undefined,
    moving,
  };
  if (getKernel(BATCH_NORM_TRAIN, getBackend()) === undefined) return fallback(x, gamma, beta, residual, attrs);
  const inputs = residual === undefined ? { x, gamma, beta } : { x, gamma, beta, residual };
  return engine().runKernel(BATCH_NORM_TRAIN, inputs, attrs as unknown as NamedAttrMap) as unknown as T;
}

function fallback<T extends Tensor>(
  x: T,
  gamma: Tensor1D,
  beta: Tensor1D,
  residual: Tensor | undefined,
  { epsilon, activation, moving }: BatchNormTrainAttrs,
): T {
  return tidy(() => {
    const { mean, variance } = moments(x, [...x.shape.keys()].slice(0, -1));
    if (moving !== undefined) updateMoving(moving, mean, variance, x.size / gamma.size);
    const normalised = batchNorm(x as Tensor, mean as Tensor1D, variance as Tensor1D, beta, gamma, epsilon);
    const sum = residual === undefined ? normalised : add(normalised, residual);
    return activate(sum as T, activation);
  });
}

function updateMoving(moving: MovingMoments, mean: Tensor, variance: Tensor, rows: number): void {
  const fresh = 1 - moving.momentum;
  const unbias = rows > 1 ? rows / (rows - 1) : 1;
  moving.mean.assign(add(mul(moving.mean, moving.momentum), mul(mean, fresh)));
  moving.variance.assign(add(mul(moving.variance, moving.momentum), mul(variance, fresh * unbias)));
}
