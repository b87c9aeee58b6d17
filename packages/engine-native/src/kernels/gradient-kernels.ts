import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type NativeKernel, nativeKernel } from '../native-kernel.ts';
import { type Reduction, reductionIn } from './axes.ts';

/** `dy` where `0 < x <= upper`, else 0: gradient of relu (`upper` infinite) and relu6. */
export const RELU_GRAD = 'OneDnnReluGrad';
interface ReluGradAttrs {
  readonly upper: number;
}

/** `dy` times `scale`, repeated over the reduced axes: gradient of a sum or mean, in the form of its input `x`. */
export const EXPAND = 'OneDnnExpand';
interface ExpandAttrs {
  readonly reduction: Reduction;
  readonly scale: number;
}

/** Kernels that only replaced gradients call; the prefix keeps them apart from any kernel of tfjs. */
export const gradientKernels: readonly NativeKernel[] = [
  nativeKernel<{ dy: TensorInfo; x: TensorInfo }, ReluGradAttrs>(RELU_GRAD, ({ dy, x }, { upper }, backend) => {
    const form = backend.formOf(x);
    const { info, values } = backend.outputIn(form, x.shape);
    backend.addon.reluGrad(backend.valuesIn(form, dy), backend.valuesIn(form, x), values, upper);
    return info;
  }),

  nativeKernel<{ dy: TensorInfo; x: TensorInfo }, ExpandAttrs>(EXPAND, ({ dy, x }, { reduction, scale }, backend) => {
    const { form, outer, reduced, inner } = reductionIn(backend, x, reduction);
    const { info, values } = backend.outputIn(form, x.shape);
    backend.addon.expand(backend.float32(dy), values, outer, reduced, inner, scale);
    return info;
  }),
];
