import { mean, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';

/**
 * Mean of each channel over the pixels of each image: `[N, H, W, C]` to `[N, C]`.
 *
 * The engine's own kernels for a mean and its gradient take one pass each, in whatever form the data is.
 */
export function globalMean(x: Tensor4D): Tensor2D {
  if (x.rank !== 4) throw new Error(`globalMean: x must have rank 4, has ${x.rank}`);
  return mean(x, [1, 2]);
}
