import * as tf from '@tensorflow/tfjs-core';
import { smoothedTargets } from '../train/soft-cross-entropy.ts';

/**
 * Cross-entropy against `(1 - s) * oneHot + s * soft`, averaged over the batch, and the one against the labels alone.
 *
 * Cross-entropy is affine in the target, so the smoothed loss is the blend of the two. With `s = 0` it is the hard one
 * and nothing else is computed. Differentiable in `logits`.
 *
 * @param logits `[B, K]`
 * @param labels `[B]`
 * @param smoothing `s`, in [0, 1)
 * @param soft `[B, K]`, rows that sum to 1; null: uniform
 * @returns two scalars, in nats
 */
export function smoothedCrossEntropy(
  logits: tf.Tensor2D,
  labels: Int32Array,
  smoothing: number,
  soft: tf.Tensor2D | null,
): { loss: tf.Scalar; hard: tf.Scalar } {
  return tf.tidy(() => {
    const [B, K] = logits.shape;
    const logProbs = tf.logSoftmax(logits); // [B, K]
    const against = (targets: tf.Tensor2D) => tf.mul<tf.Scalar>(tf.sum(tf.mul(logProbs, targets)), -1 / B);
    const hard = against(tf.tensor2d(smoothedTargets(labels, K, 0), [B, K]));
    if (smoothing === 0) return { loss: hard, hard };
    const onSoft = soft === null ? tf.mul<tf.Scalar>(tf.sum(logProbs), -1 / (B * K)) : against(soft);
    return { loss: tf.add<tf.Scalar>(tf.mul(hard, 1 - smoothing), tf.mul(onSoft, smoothing)), hard };
  });
}
