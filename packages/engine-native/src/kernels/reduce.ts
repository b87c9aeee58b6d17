import {
  Max,
  type MaxAttrs,
  type MaxInputs,
  Mean,
  type MeanAttrs,
  Sum,
  type SumAttrs,
  type SumInputs,
} from '@tensorflow/tfjs-core';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';
import { type Reduction, reductionIn, reductionOf } from './axes.ts';

const total = (name: string, scaleOf: (reduction: Reduction) => number): NativeKernel =>
  nativeKernel<SumInputs, SumAttrs | MeanAttrs>(name, ({ x }, { axis, keepDims }, backend) => {
    if (!areFloat32(x) || sizeOf(x.shape) === 0) return undefined;
    const reduction = reductionOf(x.shape, axis);
    if (reduction === undefined) return undefined;
    const { form, outer, reduced, inner } = reductionIn(backend, x, reduction);
    const { info, values } = backend.output(keepDims ? reduction.keptShape : reduction.outShape);
    backend.addon.sum(backend.valuesIn(form, x), values, outer, reduced, inner, scaleOf(reduction));
    return info;
  });

const max = nativeKernel<MaxInputs, MaxAttrs>(Max, ({ x }, { reductionIndices, keepDims }, backend) => {
  if (!areFloat32(x) || sizeOf(x.shape) === 0) return undefined;
  const reduction = reductionOf(x.shape, reductionIndices);
  if (reduction === undefined) return undefined;
  const { form, outer, reduced, inner } = reductionIn(backend, x, reduction);
  const { info, values } = backend.output(keepDims ? reduction.keptShape : reduction.outShape);
  const elements = form === 'blocked' ? backend.blocked(x) : backend.float32(x);
  backend.addon.max(elements, values, outer, reduced, inner);
  return info;
});

/** Sum, mean and maximum over neighbouring axes. */
export const reduceKernels: readonly NativeKernel[] = [
  total(Sum, () => 1),
  total(Mean, ({ reduced }) => 1 / reduced),
  max,
];
