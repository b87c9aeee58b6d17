import {
  backend_util,
  Conv2D,
  type Conv2DAttrs,
  Conv2DBackpropFilter,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropFilterInputs,
  Conv2DBackpropInput,
  type Conv2DBackpropInputAttrs,
  type Conv2DBackpropInputInputs,
  type Conv2DInputs,
  FusedConv2D,
  type FusedConv2DAttrs,
  type FusedConv2DInputs,
} from '@tensorflow/tfjs-core';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';
import type { Conv } from './conv.ts';
import { activationCode, convFilterGradient, convForward, convInputGradient } from './conv-plan.ts';

type Shape4D = [number, number, number, number];

function describe(
  inShape: number[],
  filterShape: number[],
  attrs: Pick<Conv2DAttrs, 'strides' | 'pad' | 'dimRoundingMode'>,
  dilations: [number, number] | number,
): Conv {
  const info = backend_util.computeConv2DInfo(
    inShape as Shape4D,
    filterShape as Shape4D,
    attrs.strides,
    dilations,
    attrs.pad,
    attrs.dimRoundingMode,
    false,
  );
  return { info, groups: 1 };
}

const isNchw = (attrs: { dataFormat?: string }): boolean => attrs.dataFormat === 'NCHW';

/** Convolution of NHWC images with `[h, w, I, O]` filters: forward, fused forward and both gradients. */
export const conv2dKernels: readonly NativeKernel[] = [
  nativeKernel<Conv2DInputs, Conv2DAttrs>(Conv2D, ({ x, filter }, attrs, backend) => {
    if (isNchw(attrs) || !areFloat32(x, filter)) return undefined;
    const conv = describe(x.shape, filter.shape, attrs, attrs.dilations);
    return convForward(backend, conv, x, filter, undefined, 0);
  }),

  nativeKernel<FusedConv2DInputs, FusedConv2DAttrs>(FusedConv2D, (inputs, attrs, backend) => {
    const { x, filter, bias, preluActivationWeights } = inputs;
    const activation = activationCode(attrs.activation);
    if (isNchw(attrs) || activation === undefined || preluActivationWeights || !areFloat32(x, filter)) return undefined;
    if (bias && sizeOf(bias.shape) !== filter.shape[3]) return undefined;
    const conv = describe(x.shape, filter.shape, attrs, attrs.dilations);
    return convForward(backend, conv, x, filter, bias ?? undefined, activation);
  }),

  nativeKernel<Conv2DBackpropInputInputs, Conv2DBackpropInputAttrs>(
    Conv2DBackpropInput,
    ({ dy, filter }, attrs, backend) => {
      if (isNchw(attrs) || !areFloat32(dy, filter)) return undefined;
      return convInputGradient(backend, describe(attrs.inputShape, filter.shape, attrs, 1), dy, filter);
    },
  ),

  nativeKernel<Conv2DBackpropFilterInputs, Conv2DBackpropFilterAttrs>(
    Conv2DBackpropFilter,
    ({ x, dy }, attrs, backend) => {
      if (isNchw(attrs) || !areFloat32(x, dy)) return undefined;
      return convFilterGradient(backend, describe(x.shape, attrs.filterShape, attrs, 1), x, dy, attrs.filterShape);
    },
  ),
];
