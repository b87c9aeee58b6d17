import * as tf from '@tensorflow/tfjs-core';
import { huber } from './huber.ts';

/** Norms below this count as this. */
const SMALLEST_NORM = 1e-12;

export interface GramTransferOptions {
  /** where Huber's loss becomes linear. @defaultValue 1 */
  delta?: number;
  /**
   * `teacher-norm`: the sum over all entries is divided by the Frobenius norm of the teacher's; `mean`: the mean over the
   * entries. @defaultValue 'teacher-norm'
   */
  normaliser?: 'teacher-norm' | 'mean';
}

/**
 * Distance of two blocks of kernel values: Huber's loss of their difference, entry by entry. With landmarks it is the
 * transfer of arXiv:2009.14416, with the batch itself in their place its control without landmarks.
 *
 * @param student `[B, m]` kernel values; differentiable
 * @param teacher `[B, m]`; a constant
 */
export const gramTransfer = (
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { delta = 1, normaliser = 'teacher-norm' }: GramTransferOptions = {},
): tf.Scalar =>
  tf.tidy(() => {
    const terms = huber(tf.sub<tf.Tensor2D>(student, teacher), delta);
    if (normaliser === 'mean') return tf.mean<tf.Scalar>(terms);
    return tf.div<tf.Scalar>(tf.sum(terms), tf.maximum(tf.norm(teacher), SMALLEST_NORM));
  });
