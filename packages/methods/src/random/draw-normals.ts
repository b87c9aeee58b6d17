import { filledTensor, nativeNormalBlocks } from '@crucible/engine-native/ops';
import type { Rank, ShapeMap, Tensor } from '@tensorflow/tfjs-core';
import type { Rng } from './rng.ts';

/** The next `count` standard normals of a stream, made by the engine where it can: the numbers are the same. */
export function drawNormals(rng: Rng, count: number): Float32Array {
  const numbers = new Float32Array(count);
  rng.fillNormal(numbers, nativeNormalBlocks());
  return numbers;
}

/** The next standard normals of a stream as a tensor, last index fastest. */
export const normalTensor = <R extends Rank>(rng: Rng, shape: ShapeMap[R]): Tensor<R> =>
  filledTensor<R>(shape, (values) => rng.fillNormal(values, nativeNormalBlocks()));
