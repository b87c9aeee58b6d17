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
    const losses = tf.neg(pickedLogProbs(logits, oneHot)); // [B]
    return tf.mul<tf.Scalar>(tf.sum(tf.mul(losses, smallest(losses, kept))), 1 / kept);
  });

/** 1 for the `kept` smallest of `[B]` values, else 0. Its slope is zero wherever it has one. */
const smallest = (values: tf.Tensor1D, kept: number): tf.Tensor1D =>
  tf.customGrad((given) => {
    const input = given as tf.Tensor1D;
    const size = input.size;
    const [row, column] = [tf.reshape(input, [1, size]), tf.reshape(input, [size, 1])];
    const places = tf.range(0, size);
    const isEarlier = tf.less(tf.reshape(places, [1, size]), tf.reshape(places, [size, 1]));
    const isBefore = tf.logicalOr(tf.less(row, column), tf.logicalAnd(tf.equal(row, column), isEarlier));
    const ranks = tf.sum(tf.cast(isBefore, 'float32'), 1); // [B]
    return { value: tf.cast(tf.less(ranks, kept), 'float32'), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) };
  })(values) as tf.Tensor1D;
