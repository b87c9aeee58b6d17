import {
  AvgPool,
  type AvgPoolAttrs,
  AvgPoolGrad,
  type AvgPoolGradAttrs,
  type AvgPoolGradInputs,
  type AvgPoolInputs,
  backend_util,
  MaxPool,
  type MaxPoolAttrs,
  MaxPoolGrad,
  type MaxPoolGradAttrs,
  type MaxPoolGradInputs,
  type MaxPoolInputs,
} from '@tensorflow/tfjs-core';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';

type Shape4D = [number, number, number, number];
type Pool = backend_util.Conv2DInfo;

const describe = (shape: number[], attrs: AvgPoolAttrs | AvgPoolGradAttrs): Pool =>
  backend_util.computePool2DInfo(
    shape as Shape4D,
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    'dimRoundingMode' in attrs ? attrs.dimRoundingMode : undefined,
  );

/** Order of fields as in `native/kernels/pool.cc`. */
const fieldsOf = (pool: Pool): Int32Array =>
  Int32Array.of(
    pool.batchSize,
    pool.inHeight,
    pool.inWidth,
    pool.inChannels,
    pool.outHeight,
    pool.outWidth,
    pool.filterHeight,
    pool.filterWidth,
    pool.strideHeight,
    pool.strideWidth,
    pool.padInfo.top,
    pool.padInfo.left,
    pool.dilationHeight,
    pool.dilationWidth,
  );

const isEmpty = (pool: Pool): boolean => sizeOf(pool.outShape) === 0 || sizeOf(pool.inShape) === 0;

/** Max and average pooling of NHWC images and their gradients. */
export const poolKernels: readonly NativeKernel[] = [
  nativeKernel<MaxPoolInputs, MaxPoolAttrs>(MaxPool, ({ x }, attrs, backend) => {
    const pool = describe(x.shape, attrs);
    if (!areFloat32(x) || isEmpty(pool)) return undefined;
    const { info, values } = backend.output(pool.outShape);
    backend.addon.maxPool(backend.float32(x), values, fieldsOf(pool));
    return info;
  }),

  nativeKernel<AvgPoolInputs, AvgPoolAttrs>(AvgPool, ({ x }, attrs, backend) => {
    const pool = describe(x.shape, attrs);
    if (!areFloat32(x) || isEmpty(pool)) return undefined;
    const { info, values } = backend.output(pool.outShape);
    backend.addon.avgPool(backend.float32(x), values, fieldsOf(pool));
    return info;
  }),

  nativeKernel<MaxPoolGradInputs, MaxPoolGradAttrs>(MaxPoolGrad, ({ dy, input }, attrs, backend) => {
    const pool = describe(input.shape, attrs);
    if (!areFloat32(dy, input) || isEmpty(pool)) return undefined;
    const { info, values } = backend.output(input.shape);
    backend.addon.maxPoolGrad(backend.float32(dy), backend.float32(input), values, fieldsOf(pool));
    return info;
  }),

  nativeKernel<AvgPoolGradInputs, AvgPoolGradAttrs>(AvgPoolGrad, ({ dy, input }, attrs, backend) => {
    const pool = describe(input.shape, attrs);
    if (!areFloat32(dy, input) || isEmpty(pool)) return undefined;
    const { info, values } = backend.output(input.shape);
    backend.addon.avgPoolGrad(backend.float32(dy), values, fieldsOf(pool));
    return info;
  }),
];
