import {
  ArgMax,
  type ArgMaxAttrs,
  type ArgMaxInputs,
  ArgMin,
  TopK,
  type TopKAttrs,
  type TopKInputs,
} from '@tensorflow/tfjs-core';
import { areFloat32, type NativeKernel, nativeKernel, sizeOf } from '../native-kernel.ts';
import { reductionOf } from './axes.ts';

const argExtreme = (name: string, sign: number): NativeKernel =>
  nativeKernel<ArgMaxInputs, ArgMaxAttrs>(name, ({ x }, { axis }, backend) => {
    const reduction = areFloat32(x) && sizeOf(x.shape) > 0 ? reductionOf(x.shape, axis) : undefined;
    if (reduction === undefined) return undefined;
    const { outer, reduced, inner, outShape } = reduction;
    const indices = new Int32Array(outer * inner);
    backend.addon.argExtreme(backend.float32(x), indices, outer, reduced, inner, sign);
    return backend.makeTensorInfo(outShape, 'int32', indices);
  });

const topK = nativeKernel<TopKInputs, TopKAttrs>(TopK, ({ x }, { k }, backend) => {
  const columns = x.shape.at(-1) ?? 0;
  if (!areFloat32(x) || sizeOf(x.shape) === 0 || k < 1 || k > columns) return undefined;
  const rows = sizeOf(x.shape) / columns;
  const outShape = [...x.shape.slice(0, -1), k];
  const { info, values } = backend.output(outShape);
  const indices = new Int32Array(rows * k);
  backend.addon.topK(backend.float32(x), values, indices, rows, columns, k);
  return [info, backend.makeTensorInfo(outShape, 'int32', indices)];
});

/** Where the largest and the smallest element lies, and the k largest of each row. */
export const extremeKernels: readonly NativeKernel[] = [argExtreme(ArgMax, 1), argExtreme(ArgMin, -1), topK];
