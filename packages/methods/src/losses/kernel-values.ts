import * as tf from '@tensorflow/tfjs-core';
import { squaredDistances } from './squared-distances.ts';

/** A kernel function on tensors. The width of `rbf` is a scalar tensor, so that it can be a statistic of the training. */
export type TensorKernel =
  | { kind: 'linear' }
  | { kind: 'polynomial'; degree: number; offset: number }
  | { kind: 'rbf'; width: tf.Scalar };

/**
 * Kernel values of all pairs of rows. Differentiable in both.
 *
 * @param a `[n, d]`
 * @param b `[m, d]`
 * @returns `[n, m]`: `<a, b>`; `(offset + <a, b> / d)^degree`; `exp(-|a - b|^2 / width)`
 */
export const kernelValues = (kernel: TensorKernel, a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D =>
  tf.tidy(() => {
    switch (kernel.kind) {
      case 'linear':
        return tf.matMul(a, b, false, true);
      case 'polynomial': {
        const base = tf.add(tf.div(tf.matMul(a, b, false, true), a.shape[1]), kernel.offset);
        // a whole power by products: the gradient of a power with a negative base is not defined everywhere
        return Array.from({ length: kernel.degree - 1 }).reduce<tf.Tensor>(
          (power) => tf.mul(power, base),
          base,
        ) as tf.Tensor2D;
      }
      case 'rbf':
        return tf.exp(tf.neg(tf.div<tf.Tensor2D>(squaredDistances(a, b), kernel.width)));
    }
  });
