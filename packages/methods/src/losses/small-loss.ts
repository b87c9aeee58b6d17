import * as tf from '@tensorflow/tfjs-core';
import { pickedLogProbs } from './picked-log-probs.ts';

/**
 * Mean cross-entropy of the `kept` samples of smallest loss; of equal losses the earlier sample goes first.
 * Differentiable in `logits`, through the kept samples alone.
 *
 * @param logits `[B, K]`
 * @param oneHot `[B, K]`
 * @param kept in `1..B`
 */
export const smallLoss = (logits: tf.Tensor2D, oneHot: tf.Tensor2D, kept: number): tf.Scalar =>
  tf.tidy(() => {
    const size = logits.shape[0];
    const losses = tf.neg(pickedLogProbs(logits, oneHot)); // [B]
    const row = tf.reshape(losses, [1, size]);
    const column = tf.reshape(losses, [size, 1]);
    const places = tf.range(0, size);
    const isEarlier = tf.less(tf.reshape(places, [1, size]), tf.reshape(places, [size, 1]));
    const isBefore = tf.logicalOr(tf.less(row, column), tf.logicalAnd(tf.equal(row, column), isEarlier));
    const ranks = tf.sum(tf.cast(isBefore, 'float32'), 1); // [B]
    const mask = tf.cast(tf.less(ranks, kept), 'float32');
    return tf.mul<tf.Scalar>(tf.sum(tf.mul(losses, mask)), 1 / kept);
  });
