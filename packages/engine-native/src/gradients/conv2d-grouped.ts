import { engine, type GradFunc, type NamedAttrMap, registerGradient, type Tensor } from '@tensorflow/tfjs-core';
import { CONV2D_GROUPED, CONV2D_GROUPED_FILTER_GRAD, CONV2D_GROUPED_INPUT_GRAD } from '../ops/conv2d-grouped.ts';

const gradient: GradFunc = (dy, [x, filter], attrs) => {
  if (Array.isArray(dy) || !x || !filter) throw new Error('conv2dGrouped: incomplete saved tensors');
  const run = (name: string, inputs: Record<string, Tensor>, more: NamedAttrMap) =>
    engine().runKernel(name, inputs, { ...attrs, ...more }) as Tensor;
  return {
    x: () => run(CONV2D_GROUPED_INPUT_GRAD, { dy, filter }, { inputShape: x.shape }),
    filter: () => run(CONV2D_GROUPED_FILTER_GRAD, { x, dy }, { filterShape: filter.shape }),
  };
};

/** Gradient of grouped and dilated convolutions. */
export function registerConv2dGroupedGradient(): void {
  registerGradient({ kernelName: CONV2D_GROUPED, inputsToSave: ['x', 'filter'], gradFunc: gradient });
}
