import {
  LogSoftmax,
  type LogSoftmaxAttrs,
  type LogSoftmaxInputs,
  Softmax,
  type SoftmaxAttrs,
  type SoftmaxInputs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { OneDnnBackend } from '../backend.ts';
import { areFloat32, type NativeKernel, nativeKernel } from '../native-kernel.ts';

function overLastAxis(backend: OneDnnBackend, logits: TensorInfo, axis: number, isLogarithm: boolean) {
  const columns = logits.shape.at(-1) ?? 0;
  const isLast = axis === -1 || axis === logits.shape.length - 1;
  if (!areFloat32(logits) || !isLast || columns === 0) return undefined;
  const { info, values } = backend.output(logits.shape);
  backend.addon.softmax(backend.float32(logits), values, values.length / columns, columns, isLogarithm ? 1 : 0);
  return info;
}

/** Softmax and log-softmax over the last axis. */
export const softmaxKernels: readonly NativeKernel[] = [
  nativeKernel<SoftmaxInputs, SoftmaxAttrs>(Softmax, ({ logits }, { dim }, backend) =>
    overLastAxis(backend, logits, dim, false),
  ),
  nativeKernel<LogSoftmaxInputs, LogSoftmaxAttrs>(LogSoftmax, ({ logits }, { axis }, backend) =>
    overLastAxis(backend, logits, axis, true),
  ),
];
