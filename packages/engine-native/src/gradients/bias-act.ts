import {
  BatchMatMul,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  engine,
  type GradFunc,
  type NamedAttrMap,
  registerGradient,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { BIAS_ACT_GRAD } from '../kernels/bias-act.ts';
import { CONV_BIAS_ACT, type ConvBiasAttrs } from '../ops/conv-bias-relu.ts';
import { CONV_BIAS_RELU_POOL, CONV_BIAS_RELU_POOL_GRAD } from '../ops/conv-bias-relu-pool.ts';
import { DENSE_ACT, type DenseActAttrs } from '../ops/dense-act.ts';
import { part } from './parts.ts';

const run = (name: string, inputs: Record<string, Tensor>, attrs: object): Tensor =>
  engine().runKernel(name, inputs, attrs as NamedAttrMap) as Tensor;

/** Gradients that follow once `dz`, that of the convolution's result, is known. */
function convGradients(dz: Tensor, dbias: () => Tensor, x: Tensor, filter: Tensor, { strides, pad }: ConvBiasAttrs) {
  const attrs = { strides, pad, dataFormat: 'NHWC' };
  return {
    x: () => run(Conv2DBackpropInput, { dy: dz, filter }, { ...attrs, inputShape: x.shape }),
    filter: () => run(Conv2DBackpropFilter, { x, dy: dz }, { ...attrs, filterShape: filter.shape }),
    bias: dbias,
  };
}

/** Kernel that gives the gradient of the bias first, then `dz`, from dy and the op's output. */
const convGradient =
  (kernelName: string): GradFunc =>
  (dy, [x, filter, y], attrs) => {
    if (Array.isArray(dy) || !x || !filter || !y) throw new Error(`${kernelName}: incomplete saved tensors`);
    const parts = engine().runKernel(kernelName, { dy, y }, attrs) as Tensor[];
    return convGradients(parts[1] ?? dy, part(parts, 0), x, filter, attrs as unknown as ConvBiasAttrs);
  };

const denseGradient: GradFunc = (dy, [x, weights, y], attrs) => {
  if (Array.isArray(dy) || !x || !weights || !y) throw new Error('denseAct: incomplete saved tensors');
  const { activation } = attrs as unknown as DenseActAttrs;
  const parts = engine().runKernel(BIAS_ACT_GRAD, { dy, y }, { activation }) as Tensor[];
  const dz = parts[1] ?? dy;
  return {
    x: () => run(BatchMatMul, { a: dz, b: weights }, { transposeA: false, transposeB: true }),
    weights: () => run(BatchMatMul, { a: x, b: dz }, { transposeA: true, transposeB: false }),
    bias: part(parts, 0),
  };
};

/** Gradients of the fused ops that end in a bias and an activation. */
export function registerBiasActGradients(): void {
  const saved = { outputsToSave: [true] };
  const convSaved = { ...saved, inputsToSave: ['x', 'filter'] };
  registerGradient({ ...convSaved, kernelName: CONV_BIAS_ACT, gradFunc: convGradient(BIAS_ACT_GRAD) });
  registerGradient({ ...convSaved, kernelName: CONV_BIAS_RELU_POOL, gradFunc: convGradient(CONV_BIAS_RELU_POOL_GRAD) });
  registerGradient({ ...saved, kernelName: DENSE_ACT, inputsToSave: ['x', 'weights'], gradFunc: denseGradient });
}
