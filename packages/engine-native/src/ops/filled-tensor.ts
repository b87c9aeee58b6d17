import {
  engine,
  getBackend,
  getKernel,
  type NamedAttrMap,
  type Rank,
  type ShapeMap,
  type Tensor,
  tensor,
  util,
} from '@tensorflow/tfjs-core';

/** Kernel, registered by engines that recycle the memory of tensors. */
export const FILLED_TENSOR = 'CrucibleFilledTensor';

export interface FilledTensorAttrs {
  readonly shape: readonly number[];
  /** Writes every element; what the array held before is anything. */
  readonly fill: (values: Float32Array) => void;
}

/**
 * A float32 tensor with what `fill` writes: without a fresh array where the engine recycles memory.
 *
 * @param fill writes every element of the array, which it must not keep
 */
export function filledTensor<R extends Rank>(shape: ShapeMap[R], fill: (values: Float32Array) => void): Tensor<R> {
  if (getKernel(FILLED_TENSOR, getBackend()) === undefined) {
    const values = new Float32Array(util.sizeFromShape(shape));
    fill(values);
    return tensor<R>(values, shape);
  }
  const attrs: FilledTensorAttrs = { shape, fill };
  return engine().runKernel(FILLED_TENSOR, {}, attrs as unknown as NamedAttrMap) as Tensor<R>;
}
