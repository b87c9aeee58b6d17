/** @file What a term that takes features of both networks is made of. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import type { Parameter, Statistic } from '../nn/model.ts';
import type { Network, NetworkOutputs } from '../nn/network.ts';
import type { Rng } from '../random/rng.ts';
import type { WantedLayer } from './teacher-source.ts';

/** What a term is computed from, at a step. */
export interface TransferBatch {
  student: NetworkOutputs;
  /** by `keyOf` the layer */
  teacher: Readonly<Record<string, tf.Tensor>>;
  /** `[B, K]`, one-hot */
  labels: tf.Tensor2D;
  step: number;
}

/** A term, without and with its weight; null where it has no part at this step. */
export type TransferTerm = { raw: tf.Scalar; weighted: tf.Scalar } | null;

export interface Transfer {
  /** layers of the teacher that it takes */
  readonly wanted: readonly WantedLayer[];
  /** what is trained along */
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Statistic[];
  loss(batch: TransferBatch): TransferTerm;
  updated?(step: number): void;
  beforeEpoch?(epoch: number, between: () => Promise<void>): Promise<void>;
  dispose(): void;
}

/** Both networks, and what they are taught on. */
export interface Pair {
  student: Network;
  teacher: Network;
  dataset: Dataset;
  batchSize: number;
  evalBatchSize: number;
  epochs: number;
  stepsPerEpoch: number;
  rng: (name: string) => Rng;
}
