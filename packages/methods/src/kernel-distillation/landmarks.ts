/** @file Landmarks of a layer in both spaces, as statistics of the training: they are saved with it. */
import * as tf from '@tensorflow/tfjs-core';
import type { Statistic } from '../nn/model.ts';

/** The landmarks of a pair of layers. A landmark that is not there yet, or whose class is empty, has mask 0. */
export interface Landmarks {
  readonly student: tf.Variable<tf.Rank.R2>;
  readonly teacher: tf.Variable<tf.Rank.R2>;
  /** of the student as they were at the end of the last two epochs; zero until there are some */
  readonly last: tf.Variable<tf.Rank.R2>;
  readonly previous: tf.Variable<tf.Rank.R2>;
  /** `[1, m]`, 1 where there is a landmark */
  readonly mask: tf.Variable<tf.Rank.R2>;
  /** scalars: widths of the kernel `rbf` in each space */
  readonly widths: { student: tf.Variable<tf.Rank.R0>; teacher: tf.Variable<tf.Rank.R0> };
  readonly statistics: readonly Statistic[];
  /** Takes over new landmarks; the arguments are read, not freed. */
  assign(student: tf.Tensor2D, teacher: tf.Tensor2D, mask: tf.Tensor2D): void;
  /** Notes those of the student at the end of an epoch. Apart from `assign`, which may be done again after a stop. */
  remember(): void;
  dispose(): void;
}

/** @param index place of the layer among those of the transfer */
export function createLandmarks(index: number, count: number, widths: { student: number; teacher: number }): Landmarks {
  const statistics: Statistic[] = [];
  const variable = <R extends tf.Rank>(name: string, first: () => tf.Tensor<R>): tf.Variable<R> => {
    const value = tf.tidy(() => tf.variable(first(), false));
    statistics.push({ name: `landmarks/${index}/${name}`, value: value as tf.Variable });
    return value;
  };
  const student = variable('student', () => tf.zeros<tf.Rank.R2>([count, widths.student]));
  const teacher = variable('teacher', () => tf.zeros<tf.Rank.R2>([count, widths.teacher]));
  const last = variable('last', () => tf.zeros<tf.Rank.R2>([count, widths.student]));
  const previous = variable('previous', () => tf.zeros<tf.Rank.R2>([count, widths.student]));
  const mask = variable('mask', () => tf.zeros<tf.Rank.R2>([1, count]));
  const ofStudent = variable('student-width', () => tf.scalar(1));
  const ofTeacher = variable('teacher-width', () => tf.scalar(1));
  return {
    student,
    teacher,
    last,
    previous,
    mask,
    widths: { student: ofStudent, teacher: ofTeacher },
    statistics,
    assign(newStudent, newTeacher, newMask) {
      tf.tidy(() => {
        student.assign(tf.clone(newStudent));
        teacher.assign(tf.clone(newTeacher));
        mask.assign(tf.clone(newMask));
      });
    },
    remember() {
      tf.tidy(() => {
        previous.assign(tf.clone(last as tf.Tensor2D));
        last.assign(tf.clone(student as tf.Tensor2D));
      });
    },
    dispose: () => {
      for (const { value } of statistics) value.dispose();
    },
  };
}
