import {
  FusedBatchNorm,
  type FusedBatchNormAttrs,
  type FusedBatchNormInputs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { OneDnnBackend } from '../backend.ts';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';
import { channelLayoutOf } from './channel-layout.ts';

/** Kernel behind the replaced gradient of `FusedBatchNorm`. */
export const BATCH_NORM_GRAD = 'OneDnnBatchNormGrad';

interface BatchNormGradInputs {
  readonly dy: TensorInfo;
  readonly x: TensorInfo;
  readonly mean: TensorInfo;
  readonly variance: TensorInfo;
  readonly scale?: TensorInfo | null;
}

const orNull = (backend: OneDnnBackend, info: TensorInfo | null | undefined): Float32Array | null =>
  info ? backend.float32(info) : null;

/** True if every parameter is one value per channel of `x`, the last axis. */
const isPerChannel = (x: TensorInfo, ...parameters: (TensorInfo | null | undefined)[]): boolean =>
  parameters.every((info) => !info || (sizeOf(info.shape) === x.shape.at(-1) && info.dtype === 'float32'));

/** Normalisation with given mean and variance, and its five gradients in two passes. */
export const batchNormKernels: readonly NativeKernel[] = [
  nativeKernel<FusedBatchNormInputs, FusedBatchNormAttrs>(FusedBatchNorm, (inputs, { varianceEpsilon }, backend) => {
    const { x, mean, variance, scale, offset } = inputs;
    if (!areFloat32(x) || sizeOf(x.shape) === 0 || !isPerChannel(x, mean, variance, scale, offset)) return undefined;
    const { form, fields } = channelLayoutOf(backend, x);
    const { info, values } = backend.outputIn(form, x.shape);
    backend.addon.batchNorm(
      backend.valuesIn(form, x),
      backend.float32(mean),
      backend.float32(variance),
      orNull(backend, scale),
      orNull(backend, offset),
      values,
      fields,
      varianceEpsilon,
    );
    return info;
  }),

  nativeKernel<BatchNormGradInputs, FusedBatchNormAttrs>(BATCH_NORM_GRAD, (inputs, { varianceEpsilon }, backend) => {
    const { dy, x, mean, variance, scale } = inputs;
    const { form, fields } = channelLayoutOf(backend, x);
    const dx = backend.outputIn(form, x.shape);
    const perChannel = () => backend.output(mean.shape);
    const [dmean, dvariance, dscale, doffset] = [perChannel(), perChannel(), perChannel(), perChannel()];
    backend.addon.batchNormGrad(
      backend.valuesIn(form, dy),
      backend.valuesIn(form, x),
      backend.float32(mean),
      backend.float32(variance),
      orNull(backend, scale),
      dx.values,
      dmean.values,
      dvariance.values,
      dscale.values,
      doffset.values,
      fields,
      varianceEpsilon,
    );
    return [dx.info, dmean.info, dvariance.info, dscale.info, doffset.info];
  }),
];
