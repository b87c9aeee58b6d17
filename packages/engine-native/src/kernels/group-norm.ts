import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type NativeKernel, nativeKernel } from '../native-kernel.ts';
import { GROUP_NORM, GROUP_NORM_GRAD, type GroupNormAttrs } from '../ops/group-norm.ts';

interface ForwardInputs {
  readonly x: TensorInfo;
  readonly gamma: TensorInfo;
  readonly beta: TensorInfo;
}

interface BackwardInputs {
  readonly dy: TensorInfo;
  readonly x: TensorInfo;
  readonly gamma: TensorInfo;
  /** Output of the forward kernel: carries the statistics of each group. */
  readonly y: TensorInfo;
}

const fieldsOf = (x: TensorInfo, { samples, pixels, groups }: GroupNormAttrs): Int32Array =>
  Int32Array.of(samples, pixels, x.shape.at(-1) ?? 1, groups);

/** Group and layer norm; statistics travel to the gradient as `aux` of the output's record. */
export const groupNormKernels: readonly NativeKernel[] = [
  nativeKernel<ForwardInputs, GroupNormAttrs>(GROUP_NORM, ({ x, gamma, beta }, attrs, backend) => {
    const { info, values } = backend.output(x.shape);
    const statistics = backend.pool.take(2 * attrs.samples * attrs.groups);
    backend.record(info.dataId).aux = statistics;
    const [source, scale, shift] = [backend.float32(x), backend.float32(gamma), backend.float32(beta)];
    backend.addon.groupNorm(source, scale, shift, values, statistics, fieldsOf(x, attrs), attrs.epsilon);
    return info;
  }),

  nativeKernel<BackwardInputs, GroupNormAttrs>(GROUP_NORM_GRAD, ({ dy, x, gamma, y }, attrs, backend) => {
    const statistics = backend.record(y.dataId).aux;
    if (!(statistics instanceof Float32Array)) {
      throw new Error('groupNorm: its output was moved from the engine before the backward pass');
    }
    const dx = backend.output(x.shape);
    const [dgamma, dbeta] = [backend.output(gamma.shape), backend.output(gamma.shape)];
    backend.addon.groupNormGrad(
      backend.float32(dy),
      backend.float32(x),
      backend.float32(gamma),
      statistics,
      dx.values,
      dgamma.values,
      dbeta.values,
      fieldsOf(x, attrs),
    );
    return [dx.info, dgamma.info, dbeta.info];
  }),
];
