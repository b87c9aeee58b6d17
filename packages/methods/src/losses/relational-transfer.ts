import * as tf from '@tensorflow/tfjs-core';
import { huber } from './huber.ts';
import { squaredDistances } from './squared-distances.ts';

/** Squared distances below this count as this: the slope of the root at zero is infinite. */
const SMALLEST = 1e-12;

/**
 * Distances of relational distillation (arXiv:1904.05068, section 3.2.1): Huber's loss, averaged over all pairs, of the
 * distances within the batch divided by their mean over different samples. Differentiable in the student's features.
 *
 * @param student `[B, d_S]`
 * @param teacher `[B, d_T]`
 */
export const distanceTransfer = (student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() => tf.mean<tf.Scalar>(huber(tf.sub(relativeDistances(student), relativeDistances(teacher)), 1)));

const relativeDistances = (rows: tf.Tensor2D): tf.Tensor2D => {
  const batch = rows.shape[0];
  const different = tf.sub(1, tf.eye(batch)); // [B, B]
  const distances = tf.mul(tf.sqrt(tf.maximum(squaredDistances(rows, rows), SMALLEST)), different);
  const mean = tf.div(tf.sum(distances), Math.max(1, batch * (batch - 1)));
  return tf.div(distances, tf.maximum(mean, SMALLEST));
};

/**
 * Angles of relational distillation (section 3.2.2): Huber's loss, averaged over all triples, of the cosines of the angles
 * that two samples make at a third. Memory grows with `B^3`. Differentiable in the student's features.
 *
 * @param student `[B, d_S]`
 * @param teacher `[B, d_T]`
 */
export const angleTransfer = (student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() => tf.mean<tf.Scalar>(huber(tf.sub(cosines(student), cosines(teacher)), 1)));

/** `[B, B, B]`: at sample j, of the directions to i and to k; zero where one of them is j. */
const cosines = (rows: tf.Tensor2D): tf.Tensor3D => {
  const [batch, width] = rows.shape;
  const from = tf.reshape(rows, [batch, 1, width]);
  // spelt out: engines have no fast way to stretch both sides of a difference
  const to = tf.tile(tf.reshape(rows, [1, batch, width]), [batch, 1, 1]);
  const directions = tf.sub<tf.Tensor3D>(to, from); // [j, i, d]
  const squares = tf.sum(tf.square(directions), 2, true);
  const unit = tf.div<tf.Tensor3D>(directions, tf.sqrt(tf.maximum(squares, SMALLEST)));
  return tf.matMul(unit, unit, false, true);
};
