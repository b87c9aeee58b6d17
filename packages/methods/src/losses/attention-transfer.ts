import * as tf from '@tensorflow/tfjs-core';
import { l2Normalise } from '../nn/l2-normalise.ts';

/**
 * Attention transfer (arXiv:1612.03928): mean squared difference of the normalised attention maps, which are means over
 * the channels of the squared features. Differentiable in the student's features.
 *
 * @param student `[B, H, W, C_S]`
 * @param teacher `[B, H, W, C_T]`
 */
export const attentionTransfer = (student: tf.Tensor4D, teacher: tf.Tensor4D): tf.Scalar =>
  tf.tidy(() => tf.mean<tf.Scalar>(tf.square(tf.sub(attentionOf(student), attentionOf(teacher)))));

/** Attention maps as rows of length 1, `[B, H W]`. */
const attentionOf = (map: tf.Tensor4D): tf.Tensor2D => {
  const [batch, height, width] = map.shape;
  return l2Normalise(tf.reshape(tf.mean(tf.square(map), 3), [batch, height * width]));
};
