import {
  type BinaryInputs,
  ClipByValue,
  type ClipByValueAttrs,
  type ClipByValueInputs,
  LeakyRelu,
  type LeakyReluAttrs,
  type LeakyReluInputs,
  Min,
  type MinAttrs,
  type MinInputs,
  SquaredDifference,
  Sub,
} from '@tensorflow/tfjs-core';
import { areFloat32, type NativeKernel, nativeKernel, runKernelOf, sizeOf } from '../native-kernel.ts';
import { reductionOf } from './axes.ts';
import { RIGHT_SCALAR, SAME } from './broadcast.ts';

/** Codes of `Function` in `native/kernels/binary.cc` and `unary.cc`. */
const MULTIPLY = 2;
const MAXIMUM = 4;
const MINIMUM = 5;
const SQUARE = 3;
const NEG = 6;

/** Kernels that two or three passes of simpler native loops make up. */
export const composedKernels: readonly NativeKernel[] = [
  nativeKernel<ClipByValueInputs, ClipByValueAttrs>(ClipByValue, ({ x }, attrs, backend) => {
    const { clipValueMin, clipValueMax } = attrs;
    const size = sizeOf(x.shape);
    if (!areFloat32(x) || size === 0) return undefined;
    const { info, values } = backend.output(x.shape);
    const bound = (code: number, from: Float32Array, limit: number) =>
      backend.addon.binary(code, from, Float32Array.of(limit), values, RIGHT_SCALAR, 1, 1, size);
    bound(MAXIMUM, backend.float32(x), clipValueMin);
    bound(MINIMUM, values, clipValueMax);
    return info;
  }),

  // below a slope of 1 the larger of x and its multiple is the one wanted, on both sides of zero
  nativeKernel<LeakyReluInputs, LeakyReluAttrs>(LeakyRelu, ({ x }, { alpha }, backend) => {
    const size = sizeOf(x.shape);
    if (!areFloat32(x) || size === 0 || alpha > 1) return undefined;
    const { info, values } = backend.output(x.shape);
    const source = backend.float32(x);
    backend.addon.binary(MULTIPLY, source, Float32Array.of(alpha), values, RIGHT_SCALAR, 1, 1, size);
    backend.addon.binary(MAXIMUM, source, values, values, SAME, 1, 1, size);
    return info;
  }),

  nativeKernel<BinaryInputs>(SquaredDifference, ({ a, b }, _attrs, backend) => {
    if (!areFloat32(a, b)) return undefined;
    const difference = runKernelOf(backend, Sub, { a, b }, {});
    const { info, values } = backend.output(difference.shape);
    backend.addon.unary(SQUARE, backend.float32(difference), values, 0);
    backend.disposeIntermediateTensorInfo(difference);
    return info;
  }),

  // the smallest is the negative of the largest negative
  nativeKernel<MinInputs, MinAttrs>(Min, ({ x }, { axis, keepDims }, backend) => {
    const reduction = areFloat32(x) && sizeOf(x.shape) > 0 ? reductionOf(x.shape, axis) : undefined;
    if (reduction === undefined) return undefined;
    const { outer, reduced, inner, keptShape, outShape } = reduction;
    const { info, values } = backend.output(keepDims ? keptShape : outShape);
    const negative = backend.pool.take(sizeOf(x.shape));
    backend.addon.unary(NEG, backend.float32(x), negative, 0);
    backend.addon.max(negative, values, outer, reduced, inner);
    backend.addon.unary(NEG, values, values, 0);
    backend.pool.give(negative);
    return info;
  }),
];
