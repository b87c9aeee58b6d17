import { engine, FusedBatchNorm, type GradFunc, registerGradient, reshape, type Tensor } from '@tensorflow/tfjs-core';
import { BATCH_NORM_GRAD } from '../kernels/batch-norm.ts';
import { BATCH_NORM_TRAIN, BATCH_NORM_TRAIN_GRAD, type BatchNormTrainAttrs } from '../ops/batch-norm-train.ts';
import { part } from './parts.ts';
import { replaceGradient } from './replace-gradient.ts';

/** `FusedBatchNorm`: all five gradients in one kernel. The stock one repeats per-channel values to full size. */
export function replaceBatchNormGradient(): void {
  replaceGradient(FusedBatchNorm, (dy, [x, mean, variance, scale], attrs) => {
    if (!x || !mean || !variance || mean.rank !== 1 || mean.size !== x.shape.at(-1)) return undefined;
    const inputs = scale ? { dy, x, mean, variance, scale } : { dy, x, mean, variance };
    const parts = engine().runKernel(BATCH_NORM_GRAD, inputs, attrs) as Tensor[];
    return {
      x: part(parts, 0),
      mean: part(parts, 1),
      variance: part(parts, 2),
      scale: part(parts, 3),
      offset: part(parts, 4),
    };
  });
}

const batchNormTrainGradient: GradFunc = (dy, [x, gamma, beta, y], attrs) => {
  if (Array.isArray(dy) || !x || !gamma || !beta || !y) throw new Error('batchNormTrain: incomplete saved tensors');
  const { activation, hasResidual } = attrs as unknown as BatchNormTrainAttrs;
  const parts = engine().runKernel(BATCH_NORM_TRAIN_GRAD, { dy, x, gamma, beta, y }, attrs) as Tensor[];
  const gradients = { x: part(parts, 0), gamma: part(parts, 1), beta: part(parts, 2) };
  if (!hasResidual) return gradients;
  // a new tensor over the same data: tfjs disposes of what it adds up
  const residual = activation === 'none' ? () => reshape(dy, dy.shape) : part(parts, 3);
  return { ...gradients, residual };
};

/** Gradient of the fused training batch norm. */
export function registerBatchNormTrainGradient(): void {
  registerGradient({
    kernelName: BATCH_NORM_TRAIN,
    inputsToSave: ['x', 'gamma', 'beta'],
    outputsToSave: [true],
    gradFunc: batchNormTrainGradient,
  });
}
