import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type NativeKernel, nativeKernel } from '../native-kernel.ts';
import type { Reduction } from './axes.ts';

/** `dy` where `0 < x <= upper`, else 0: gradient of relu (`upper` infinite) and relu6. */
export const RELU_GRAD = 'OneDnnReluGrad';
interface ReluGradAttrs {
  readonly upper: number;
}

/** `dy` times `scale`, repeated over the reduced axes: gradient of a sum or mean. */
export const EXPAND = 'OneDnnExpand';
interface ExpandAttrs {
  readonly reduction: Pick<Reduction, 'outer' | 'reduced' | 'inner'>;
  readonly shape: number[];
  readonly scale: number;
}

/** Kernels that only replaced gradients call; the prefix keeps them apart from any kernel of tfjs. */
export const gradientKernels: readonly NativeKernel[] = [
  nativeKernel<{ dy: TensorInfo; x: TensorInfo }, ReluGradAttrs>(RELU_GRAD, ({ dy, x }, { upper }, backend) => {
    const isBlocked = backend.isBlocked(x);
    const { info, values } = backend.outputIn(isBlocked, x.shape);
    backend.addon.reluGrad(backend.valuesIn(isBlocked, dy), backend.valuesIn(isBlocked, x), values, upper);
    return info;
  }),

  nativeKernel<{ dy: TensorInfo }, ExpandAttrs>(EXPAND, ({ dy }, { reduction, shape, scale }, backend) => {
    const { outer, reduced, inner } = reduction;
    const { info, values } = backend.output(shape);
    backend.addon.expand(backend.float32(dy), values, outer, reduced, inner, scale);
    return info;
  }),
];
