import type { AugmentationPolicy, KernelDistillationConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { softLabelDivergence } from '../losses/soft-label-divergence.ts';
import type { Network } from '../nn/network.ts';
import { viewTensor } from '../train/classification.ts';
import type { Objective } from '../train/objective.ts';
import { smoothedTargets, softCrossEntropy } from '../train/soft-cross-entropy.ts';
import { keyOf, type TeacherSource } from './teacher-source.ts';
import type { Transfer } from './transfer.ts';

export interface DistillationSetting {
  classes: number;
  channels: number;
  augmentation: AugmentationPolicy;
  softLabels: KernelDistillationConfig['softLabels'];
  /** null: no teacher */
  source: TeacherSource | null;
  /** null: nothing of the features is followed */
  transfer: Transfer | null;
}

/** The loss of a student: labels, probabilities of the teacher, features of the teacher. */
export function distillation(student: Network, setting: DistillationSetting): Objective {
  const { transfer } = setting;
  return {
    parameters: [...student.parameters, ...(transfer?.parameters ?? [])],
    statistics: [...student.statistics, ...(transfer?.statistics ?? [])],
    views: [setting.augmentation],
    loss: (batch, step) => {
      const { classes, channels, source } = setting;
      const images = viewTensor(batch, 0, channels);
      student.beginStep?.(step);
      const outputs = student.outputs(images, true);
      const labels = tf.tensor2d(smoothedTargets(batch.labels, classes, 0), [batch.labels.length, classes]);
      const teacher = source?.(batch, images) ?? {};
      const crossEntropy = softCrossEntropy(outputs.logits, labels);
      const soft = softTerm(setting, outputs.logits, teacher);
      const term = transfer?.loss({ student: outputs, teacher, labels, step }) ?? null;
      // what has no part in the loss is left out, not multiplied by zero: the bits are those of training alone
      const onLabels = soft === null ? crossEntropy : blended(crossEntropy, soft, setting);
      return {
        loss: term === null ? onLabels : tf.add<tf.Scalar>(onLabels, term.weighted),
        logits: outputs.logits,
        values: {
          'cross-entropy': crossEntropy,
          'soft-label-divergence': soft ?? tf.scalar(0),
          transfer: term?.weighted ?? tf.scalar(0),
          'transfer-raw': term?.raw ?? tf.scalar(0),
        },
      };
    },
    updated: (step) => transfer?.updated?.(step),
    beforeEpoch: async (epoch, between) => transfer?.beforeEpoch?.(epoch, between),
  };
}

/** Logits of the teacher, where the loss takes them. */
export const LOGITS = { name: 'logits', form: 'rows' } as const;

const softTerm = (
  { softLabels }: DistillationSetting,
  logits: tf.Tensor2D,
  teacher: Readonly<Record<string, tf.Tensor>>,
): tf.Scalar | null =>
  softLabels === null || softLabels.weight === 0
    ? null
    : softLabelDivergence(logits, teacher[keyOf(LOGITS)] as tf.Tensor2D, softLabels.temperature);

const blended = (crossEntropy: tf.Scalar, soft: tf.Scalar, { softLabels }: DistillationSetting): tf.Scalar => {
  const weight = softLabels?.weight ?? 0;
  return tf.add(tf.mul(crossEntropy, 1 - weight), tf.mul(soft, weight));
};
