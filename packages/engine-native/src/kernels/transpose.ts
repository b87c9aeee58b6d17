import { Transpose, type TransposeAttrs, type TransposeInputs, util } from '@tensorflow/tfjs-core';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';

const MAX_RANK = 6;

/** Permutation of the axes of a float32 tensor. */
export const transposeKernels: readonly NativeKernel[] = [
  nativeKernel<TransposeInputs, TransposeAttrs>(Transpose, ({ x }, { perm }, backend) => {
    const rank = x.shape.length;
    if (!areFloat32(x) || rank < 2 || rank > MAX_RANK || sizeOf(x.shape) === 0) return undefined;
    const strides = [...util.computeStrides(x.shape), 1];
    const outShape = perm.map((axis) => x.shape[axis] ?? 1);
    const fields = Int32Array.of(rank, ...outShape, ...perm.map((axis) => strides[axis] ?? 1));
    const { info, values } = backend.output(outShape);
    if (backend.addon.transpose(fields, backend.float32(x), values) !== 0) return info;
    backend.disposeIntermediateTensorInfo(info);
    return undefined;
  }),
];
