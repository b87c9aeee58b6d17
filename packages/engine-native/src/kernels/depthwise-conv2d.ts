import {
  backend_util,
  DepthwiseConv2dNative,
  type DepthwiseConv2dNativeAttrs,
  DepthwiseConv2dNativeBackpropFilter,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type DepthwiseConv2dNativeBackpropFilterInputs,
  DepthwiseConv2dNativeBackpropInput,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type DepthwiseConv2dNativeBackpropInputInputs,
  type DepthwiseConv2dNativeInputs,
  FusedDepthwiseConv2D,
  type FusedDepthwiseConv2DAttrs,
  type FusedDepthwiseConv2DInputs,
} from '@tensorflow/tfjs-core';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';
import { activationCode, type Conv, convFilterGradient, convForward, convInputGradient } from './conv-plan.ts';

type Shape4D = [number, number, number, number];

function describe(
  inShape: number[],
  filterShape: number[],
  attrs: Pick<DepthwiseConv2dNativeAttrs, 'strides' | 'dilations' | 'pad' | 'dimRoundingMode'>,
): Conv {
  const info = backend_util.computeConv2DInfo(
    inShape as Shape4D,
    filterShape as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    true,
  );
  return { info, isDepthwise: true };
}

/** Depthwise convolution with `[h, w, I, M]` filters, as a convolution in `I` groups: forward and both gradients. */
export const depthwiseConv2dKernels: readonly NativeKernel[] = [
  nativeKernel<DepthwiseConv2dNativeInputs, DepthwiseConv2dNativeAttrs>(
    DepthwiseConv2dNative,
    ({ x, filter }, attrs, backend) => {
      if (!areFloat32(x, filter)) return undefined;
      return convForward(backend, describe(x.shape, filter.shape, attrs), x, filter, undefined, 0);
    },
  ),

  nativeKernel<FusedDepthwiseConv2DInputs, FusedDepthwiseConv2DAttrs>(
    FusedDepthwiseConv2D,
    ({ x, filter, bias, preluActivationWeights }, attrs, backend) => {
      const activation = activationCode(attrs.activation);
      if (activation === undefined || preluActivationWeights || !areFloat32(x, filter)) return undefined;
      const conv = describe(x.shape, filter.shape, attrs);
      if (bias && sizeOf(bias.shape) !== conv.info.outChannels) return undefined;
      return convForward(backend, conv, x, filter, bias ?? undefined, activation);
    },
  ),

  nativeKernel<DepthwiseConv2dNativeBackpropInputInputs, DepthwiseConv2dNativeBackpropInputAttrs>(
    DepthwiseConv2dNativeBackpropInput,
    ({ dy, filter }, attrs, backend) => {
      if (!areFloat32(dy, filter)) return undefined;
      return convInputGradient(backend, describe(attrs.inputShape, filter.shape, attrs), dy, filter);
    },
  ),

  nativeKernel<DepthwiseConv2dNativeBackpropFilterInputs, DepthwiseConv2dNativeBackpropFilterAttrs>(
    DepthwiseConv2dNativeBackpropFilter,
    ({ x, dy }, attrs, backend) => {
      if (!areFloat32(x, dy)) return undefined;
      return convFilterGradient(backend, describe(x.shape, attrs.filterShape, attrs), x, dy, attrs.filterShape);
    },
  ),
];
