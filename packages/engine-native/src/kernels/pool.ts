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
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { BLOCK_CHANNELS, type OneDnnBackend } from '../backend.ts';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';
import type { Form } from '../tensor-record.ts';

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

/** True for windows of 2x2 that neither overlap nor leave the image: they have loops of their own. */
const isPlain2x2 = (pool: Pool): boolean =>
  [pool.filterHeight, pool.filterWidth, pool.strideHeight, pool.strideWidth].every((length) => length === 2) &&
  pool.padInfo.top === 0 &&
  pool.padInfo.left === 0 &&
  2 * pool.outHeight <= pool.inHeight &&
  2 * pool.outWidth <= pool.inWidth;

/** Images as `native/kernels/max-pool-2x2.cc` reads them: in blocked form each block of channels is one. */
export function pool2x2FieldsOf(backend: OneDnnBackend, x: TensorInfo): { form: Form; fields: Int32Array } {
  const [images = 1, height = 1, width = 1, channels = 1] = x.shape;
  const form = backend.formOf(x);
  if (form !== 'blocked') return { form, fields: Int32Array.of(images, height, width, channels, 1) };
  const blocks = channels / BLOCK_CHANNELS;
  return { form, fields: Int32Array.of(images * blocks, height, width, BLOCK_CHANNELS, blocks) };
}

/** Max and average pooling of NHWC images and their gradients. */
export const poolKernels: readonly NativeKernel[] = [
  nativeKernel<MaxPoolInputs, MaxPoolAttrs>(MaxPool, ({ x }, attrs, backend) => {
    const pool = describe(x.shape, attrs);
    if (!areFloat32(x) || isEmpty(pool)) return undefined;
    if (isPlain2x2(pool)) {
      const { form, fields } = pool2x2FieldsOf(backend, x);
      const { info, values } = backend.outputIn(form, pool.outShape);
      backend.addon.maxPool2x2(backend.valuesIn(form, x), values, fields);
      return info;
    }
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
    if (isPlain2x2(pool)) {
      const { form, fields } = pool2x2FieldsOf(backend, input);
      const { info, values } = backend.outputIn(form, input.shape);
      backend.addon.maxPool2x2Grad(backend.valuesIn(form, dy), backend.valuesIn(form, input), values, fields);
      return info;
    }
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
