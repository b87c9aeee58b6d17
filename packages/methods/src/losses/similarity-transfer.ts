import * as tf from '@tensorflow/tfjs-core';
import { l2Normalise } from '../nn/l2-normalise.ts';

/**
 * Similarity-preserving distillation (arXiv:1907.09682): `|G_S - G_T|_F^2 / B^2` of the Gram matrices of the batch, each
 * row divided by its norm. Differentiable in the student's features.
 *
 * @param student `[B, d_S]`
 * @param teacher `[B, d_T]`
 */
export const similarityTransfer = (student: tf.Tensor2D, teacher: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() => tf.mean<tf.Scalar>(tf.square(tf.sub(similaritiesOf(student), similaritiesOf(teacher)))));

const similaritiesOf = (rows: tf.Tensor2D): tf.Tensor2D => l2Normalise(tf.matMul(rows, rows, false, true));
