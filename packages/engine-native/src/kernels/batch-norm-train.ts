import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';
import {
  BATCH_NORM_TRAIN,
  BATCH_NORM_TRAIN_GRAD,
  type BatchNormActivation,
  type BatchNormTrainAttrs,
} from '../ops/batch-norm-train.ts';
import { channelLayoutOf } from './channel-layout.ts';

/** Codes of `Activation` in `native/onednn.h`. */
const ACTIVATIONS: Readonly<Record<BatchNormActivation, number>> = { none: 0, relu: 1, relu6: 2 };

interface ForwardInputs {
  readonly x: TensorInfo;
  readonly gamma: TensorInfo;
  readonly beta: TensorInfo;
  readonly residual?: TensorInfo;
}

interface BackwardInputs {
  readonly dy: TensorInfo;
  readonly x: TensorInfo;
  readonly gamma: TensorInfo;
  readonly beta: TensorInfo;
  /** Output of the forward kernel: carries the statistics of the batch and the mask of the activation. */
  readonly y: TensorInfo;
}

/**
 * `batchNormTrain` in one read for the statistics and one pass for the rest, and its gradient in two passes.
 *
 * Mean and variance of the batch travel from the forward to the backward kernel as `aux` of the output's
 * record. As outputs of their own, tfjs would make zero gradients for them in every backward pass.
 */
export const batchNormTrainKernels: readonly NativeKernel[] = [
  nativeKernel<ForwardInputs, BatchNormTrainAttrs>(BATCH_NORM_TRAIN, (inputs, attrs, backend) => {
    const { x, gamma, beta, residual } = inputs;
    const { form, fields } = channelLayoutOf(backend, x);
    const { info, values } = backend.outputIn(form, x.shape);
    const statistics = backend.pool.take(2 * sizeOf(gamma.shape));
    backend.record(info.dataId).aux = statistics;
    backend.addon.batchNormTrain(
      backend.valuesIn(form, x),
      residual === undefined ? null : backend.valuesIn(form, residual),
      backend.float32(gamma),
      backend.float32(beta),
      values,
      statistics,
      attrs.moving === undefined ? null : backend.writable(attrs.moving.mean),
      attrs.moving === undefined ? null : backend.writable(attrs.moving.variance),
      fields,
      attrs.epsilon,
      attrs.moving?.momentum ?? 0,
      ACTIVATIONS[attrs.activation],
    );
    return info;
  }),

  nativeKernel<BackwardInputs, BatchNormTrainAttrs>(BATCH_NORM_TRAIN_GRAD, (inputs, attrs, backend) => {
    const { dy, x, gamma, beta, y } = inputs;
    const statistics = backend.record(y.dataId).aux;
    if (!(statistics instanceof Float32Array))
      throw new Error('batchNormTrain: its output was moved from the engine before the backward pass');
    const { form, fields } = channelLayoutOf(backend, x);
    const isActivated = attrs.activation !== 'none';
    const dx = backend.outputIn(form, x.shape);
    const dgamma = backend.output(gamma.shape);
    const dbeta = backend.output(gamma.shape);
    // without an activation the residual's gradient is dy itself
    const dresidual = attrs.hasResidual && isActivated ? backend.outputIn(form, x.shape) : undefined;
    backend.addon.batchNormTrainGrad(
      backend.valuesIn(form, dy),
      backend.valuesIn(form, x),
      // without a residual the mask is computed from x
      dresidual === undefined ? null : backend.valuesIn(form, y),
      backend.float32(gamma),
      backend.float32(beta),
      statistics,
      dx.values,
      dgamma.values,
      dbeta.values,
      dresidual?.values ?? null,
      fields,
      attrs.epsilon,
      ACTIVATIONS[attrs.activation],
    );
    const results = [dx.info, dgamma.info, dbeta.info];
    return dresidual === undefined ? results : [...results, dresidual.info];
  }),
];
