import type { Rank, Tensor4D } from '@tensorflow/tfjs-core';
import { normalTensor } from '../random/draw-normals.ts';
import type { Rng } from '../random/rng.ts';

type Shape = readonly [number, number, number, number];

/** Where the numbers of one scoring come from: standard normals, in tensors that the caller frees. */
export interface NormalSource {
  /** Kernel of the `layer`-th convolution in execution order: `[kernel, kernel, in, out]`, depth-wise `[.., in, 1]`. */
  weights(layer: number, shape: Shape): Tensor4D;
  /** The clean batch, NHWC. */
  input(shape: Shape): Tensor4D;
  /** What is added to it, before `alpha`; same shape. */
  noise(shape: Shape): Tensor4D;
}

/**
 * Each tensor from a stream of its own: the score of a structure does not depend on what was scored before it, nor on
 * the process that scores it.
 *
 * @param rng streams of one structure and repeat: `layer-0`, .., `input`, `noise`
 */
export function streamSource(rng: (part: string) => Rng): NormalSource {
  const draw = (part: string, shape: Shape): Tensor4D => normalTensor<Rank.R4>(rng(part), [...shape]);
  return {
    weights: (layer, shape) => draw(`layer-${layer}`, shape),
    input: (shape) => draw('input', shape),
    noise: (shape) => draw('noise', shape),
  };
}
