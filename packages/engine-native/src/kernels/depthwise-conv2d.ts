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
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { OneDnnBackend } from '../backend.ts';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';
import type { Conv } from './conv.ts';
import { activationCode, convFilterGradient, convForward, convInputGradient } from './conv-plan.ts';

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
  return { info, groups: info.inChannels };
}

/** True for filters on which oneDNN is slow and `native/kernels/depthwise-filter-grad.cc` is not. */
const suitsWideFilterLoop = (info: backend_util.Conv2DInfo): boolean =>
  (info.filterWidth === 5 || info.filterWidth === 7) &&
  info.outChannels === info.inChannels &&
  info.inChannels % 8 === 0 &&
  sizeOf(info.inShape) * sizeOf(info.outShape) > 0;

function wideFilterGradient(
  backend: OneDnnBackend,
  info: backend_util.Conv2DInfo,
  x: TensorInfo,
  dy: TensorInfo,
  filterShape: number[],
): TensorInfo {
  const images = [info.batchSize, info.inHeight, info.inWidth, info.inChannels, info.outHeight, info.outWidth];
  const filter = [info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth];
  const place = [info.padInfo.top, info.padInfo.left, info.dilationHeight, info.dilationWidth];
  const output = backend.output(filterShape);
  const fields = Int32Array.of(...images, ...filter, ...place);
  backend.addon.depthwiseFilterGrad(backend.float32(x), backend.float32(dy), output.values, fields);
  return output.info;
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
      const conv = describe(x.shape, attrs.filterShape, attrs);
      if (suitsWideFilterLoop(conv.info)) return wideFilterGradient(backend, conv.info, x, dy, attrs.filterShape);
      return convFilterGradient(backend, conv, x, dy, attrs.filterShape);
    },
  ),
];
