/** @file Class means that are gathered while an epoch is trained, and used in the next one. */
import * as tf from '@tensorflow/tfjs-core';
import type { Statistic } from '../nn/model.ts';
import type { Landmarks } from './landmarks.ts';

export interface ClassSums {
  readonly statistics: readonly Statistic[];
  /** Adds the features of a batch, both `[B, d]`; `oneHot` is `[B, K]`. */
  add(student: tf.Tensor2D, teacher: tf.Tensor2D, oneHot: tf.Tensor2D): void;
  /** Makes the means the landmarks, and begins anew. A class without samples has none. */
  commit(landmarks: Landmarks): void;
  dispose(): void;
}

export function createClassSums(
  index: number,
  classes: number,
  widths: { student: number; teacher: number },
): ClassSums {
  const sum = (width: number) => tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R2>([classes, width]), false));
  const [student, teacher, counts] = [sum(widths.student), sum(widths.teacher), sum(1)];
  const all = { student, teacher, counts };
  return {
    statistics: Object.entries(all).map(([name, value]) => ({
      name: `landmarks/${index}/sum-${name}`,
      value: value as tf.Variable,
    })),
    add(studentRows, teacherRows, oneHot) {
      tf.tidy(() => {
        // one matrix product: the order of the additions is fixed
        const grow = (variable: tf.Variable<tf.Rank.R2>, rows: tf.Tensor2D) =>
          variable.assign(tf.add<tf.Tensor2D>(variable, tf.matMul(oneHot, rows, true, false)));
        grow(student, studentRows);
        grow(teacher, teacherRows);
        grow(counts, tf.ones<tf.Rank.R2>([oneHot.shape[0], 1]));
      });
    },
    commit(landmarks) {
      tf.tidy(() => {
        const divisor = tf.maximum(counts, 1); // [K, 1]
        const mask = tf.reshape(tf.cast(tf.greater(counts, 0), 'float32'), [1, classes]) as tf.Tensor2D;
        landmarks.assign(tf.div(student, divisor), tf.div(teacher, divisor), mask);
        for (const value of Object.values(all)) value.assign(tf.zeros<tf.Rank.R2>(value.shape));
      });
    },
    dispose: () => tf.dispose(Object.values(all)),
  };
}
