import type { AugmentationPolicy } from '@crucible/contracts';
import type * as tf from '@tensorflow/tfjs-core';
import type { Batch } from '../data/loader.ts';
import type { Parameter, Statistic } from '../nn/model.ts';

/** A batch on the host, with the size of the images of each view. */
export interface ViewBatch extends Batch {
  viewSizes: readonly { height: number; width: number }[];
}

/** What the loss of one batch is, and what else is worth knowing of it. */
export interface LossTerms {
  /** what is minimised */
  loss: tf.Scalar;
  /** `[B, K]`, where the batch's labels can be compared with them: gives the training accuracy */
  logits?: tf.Tensor2D;
  /** more scalars of the batch, by the last part of the metric's name: their means are reported as `train/NAME` */
  values?: Readonly<Record<string, tf.Scalar>>;
}

/** What a method brings to the shared training: what is trained, on which views, by which loss. */
export interface Objective {
  readonly parameters: readonly Parameter[];
  /** tensors that the training keeps without a gradient: running means, prototypes, a momentum copy; saved with it */
  readonly statistics: readonly Statistic[];
  /** one augmentation policy per view of each sample */
  readonly views: readonly AugmentationPolicy[];
  /**
   * The loss at a step, from 0, differentiable in the parameters. A pure function of parameters, statistics, batch and
   * step: random numbers come from streams named by the step.
   */
  loss(batch: ViewBatch, step: number): LossTerms;
  /** After the update of a step: statistics that follow the parameters. */
  updated?(step: number): void;
  /**
   * Before the first step of an epoch, from 0: statistics that take a pass over samples. A function of parameters and
   * statistics, since it is begun again when the job goes on from there.
   *
   * @param between awaited now and then; what it throws ends the pass
   */
  beforeEpoch?(epoch: number, between: () => Promise<void>): Promise<void>;
}
