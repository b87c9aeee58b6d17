import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { areFloat32, type NativeKernel, nativeKernel } from '../native-kernel.ts';
import {
  CONV2D_GROUPED,
  CONV2D_GROUPED_FILTER_GRAD,
  CONV2D_GROUPED_INPUT_GRAD,
  type Conv2dGroupedAttrs,
} from '../ops/conv2d-grouped.ts';
import type { Conv } from './conv.ts';
import { canConvolve, convFilterGradient, convForward, convInputGradient } from './conv-plan.ts';

type Shape4D = [number, number, number, number];

function describe(inShape: number[], filterShape: number[], attrs: Conv2dGroupedAttrs): Conv {
  const { strides, dilations, pad, groups } = attrs;
  // the sizes do not depend on the groups: tfjs is shown the filter of a plain convolution
  const [height = 1, width = 1, , filters = 1] = filterShape;
  const plain: Shape4D = [height, width, inShape[3] ?? 1, filters];
  return { info: backend_util.computeConv2DInfo(inShape as Shape4D, plain, strides, dilations, pad), groups };
}

/** Grouped and dilated convolution with both gradients. */
export const conv2dGroupedKernels: readonly NativeKernel[] = [
  nativeKernel<{ x: TensorInfo; filter: TensorInfo }, Conv2dGroupedAttrs>(
    CONV2D_GROUPED,
    ({ x, filter }, attrs, backend) => {
      const conv = describe(x.shape, filter.shape, attrs);
      if (!areFloat32(x, filter) || !canConvolve(backend, conv, x)) return undefined;
      return convForward(backend, conv, x, filter, undefined, 0);
    },
  ),
  nativeKernel<{ dy: TensorInfo; filter: TensorInfo }, Conv2dGroupedAttrs & { inputShape: number[] }>(
    CONV2D_GROUPED_INPUT_GRAD,
    ({ dy, filter }, attrs, backend) =>
      convInputGradient(backend, describe(attrs.inputShape, filter.shape, attrs), dy, filter),
  ),
  nativeKernel<{ x: TensorInfo; dy: TensorInfo }, Conv2dGroupedAttrs & { filterShape: number[] }>(
    CONV2D_GROUPED_FILTER_GRAD,
    ({ x, dy }, attrs, backend) =>
      convFilterGradient(backend, describe(x.shape, attrs.filterShape, attrs), x, dy, attrs.filterShape),
  ),
];
