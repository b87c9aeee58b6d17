import * as tf from '@tensorflow/tfjs-core';

/** Rows `(1 - smoothing) * oneHot + smoothing / classes`, `[B, classes]` flattened. */
export function smoothedTargets(labels: Int32Array, classes: number, smoothing: number): Float32Array {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes);
  labels.forEach((label, b) => {
    targets[b * classes + label] = 1 - smoothing + smoothing / classes;
  });
  return targets;
}

/**
 * Cross-entropy of `logits` against rows of target probabilities, averaged over the batch. Differentiable in `logits`.
 *
 * @param logits `[B, K]`
 * @param targets `[B, K]`, rows that sum to 1
 * @returns scalar, in nats
 */
export function softCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const logProbs = tf.logSoftmax(logits); // [B, K]
    return tf.mul<tf.Scalar>(tf.sum(tf.mul(logProbs, targets)), -1 / logits.shape[0]);
  });
}
