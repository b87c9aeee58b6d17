import { engine, type GradFunc, registerGradient, type Tensor } from '@tensorflow/tfjs-core';
import { GROUP_NORM, GROUP_NORM_GRAD } from '../ops/group-norm.ts';
import { part } from './parts.ts';

const gradient: GradFunc = (dy, [x, gamma, y], attrs) => {
  if (Array.isArray(dy) || !x || !gamma || !y) throw new Error('groupNorm: incomplete saved tensors');
  const parts = engine().runKernel(GROUP_NORM_GRAD, { dy, x, gamma, y }, attrs) as Tensor[];
  return { x: part(parts, 0), gamma: part(parts, 1), beta: part(parts, 2) };
};

/** Gradient of group and layer norm. */
export function registerGroupNormGradient(): void {
  registerGradient({
    kernelName: GROUP_NORM,
    inputsToSave: ['x', 'gamma'],
    outputsToSave: [true],
    gradFunc: gradient,
  });
}
