import * as tf from '@tensorflow/tfjs-core';

/**
 * Hinton's distillation term (arXiv:1503.02531): `T^2 KL(softmax(teacher / T) || softmax(student / T))`, averaged over the
 * batch. Differentiable in the student's logits.
 *
 * @param student `[B, K]`
 * @param teacher `[B, K]`
 * @param temperature T
 * @returns scalar, in nats
 */
export const softLabelDivergence = (student: tf.Tensor2D, teacher: tf.Tensor2D, temperature: number): tf.Scalar =>
  tf.tidy(() => {
    const ofStudent = tf.logSoftmax(tf.div<tf.Tensor2D>(student, temperature));
    const ofTeacher = tf.logSoftmax(tf.div<tf.Tensor2D>(teacher, temperature));
    const terms = tf.mul(tf.exp(ofTeacher), tf.sub(ofTeacher, ofStudent)); // [B, K]
    return tf.mul<tf.Scalar>(tf.sum(terms), temperature ** 2 / student.shape[0]);
  });
