import { engine, type GradFunc, registerGradient, reshape, type Tensor } from '@tensorflow/tfjs-core';
import { CONV_NORM_TRAIN, CONV_NORM_TRAIN_GRAD, type ConvNormTrainAttrs } from '../ops/conv-norm-train.ts';
import { part } from './parts.ts';

const gradient: GradFunc = (dy, [x, filter, gamma, beta, y], attrs) => {
  if (Array.isArray(dy) || !x || !filter || !gamma || !beta || !y) {
    throw new Error('convNormTrain: incomplete saved tensors');
  }
  const { activation, hasResidual } = attrs as unknown as ConvNormTrainAttrs;
  const parts = engine().runKernel(CONV_NORM_TRAIN_GRAD, { dy, x, filter, gamma, beta, y }, attrs) as Tensor[];
  const gradients = { x: part(parts, 0), filter: part(parts, 1), gamma: part(parts, 2), beta: part(parts, 3) };
  if (!hasResidual) return gradients;
  // a new tensor over the same data: tfjs disposes of what it adds up
  const residual = activation === 'none' ? () => reshape(dy, dy.shape) : part(parts, 4);
  return { ...gradients, residual };
};

/** Gradient of the fused convolution and batch norm. */
export function registerConvNormTrainGradient(): void {
  registerGradient({
    kernelName: CONV_NORM_TRAIN,
    inputsToSave: ['x', 'filter', 'gamma', 'beta'],
    outputsToSave: [true],
    gradFunc: gradient,
  });
}
