import * as tf from '@tensorflow/tfjs-core';

/**
 * FitNet's hint (arXiv:1412.6550): mean squared difference per element of the student's features, put through a linear
 * map that is trained along, and the teacher's. Differentiable in the student's features and in the map.
 *
 * @param student `[N, d_S]` rows of features; of a feature map, one row per pixel
 * @param map `[d_S, d_T]`
 * @param teacher `[N, d_T]`
 */
export const hint = (student: tf.Tensor2D, map: tf.Tensor2D, teacher: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() => tf.mean<tf.Scalar>(tf.square(tf.sub(tf.matMul(student, map), teacher))));
