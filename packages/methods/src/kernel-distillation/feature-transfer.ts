/** @file Transfers that compare the features of a batch, without landmarks. */
import type { LayerPair, TransferConfig } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { attentionTransfer } from '../losses/attention-transfer.ts';
import { gramTransfer } from '../losses/gram-transfer.ts';
import { hint } from '../losses/hint.ts';
import { probabilisticTransfer } from '../losses/probabilistic-transfer.ts';
import { angleTransfer, distanceTransfer } from '../losses/relational-transfer.ts';
import { similarityTransfer } from '../losses/similarity-transfer.ts';
import { DataError } from '../method.ts';
import { lecunNormal } from '../nn/init.ts';
import type { Network } from '../nn/network.ts';
import { Weights } from '../nn/weights.ts';
import { atEqualSize, layerMap, layerRows, layerSize } from './layers.ts';
import { keyOf, type WantedLayer } from './teacher-source.ts';
import type { Pair, Transfer } from './transfer.ts';

export type FeatureTransferConfig = Exclude<TransferConfig, { kind: 'none' | 'nystrom' }>;

type MapLoss = (student: tf.Tensor4D, teacher: tf.Tensor4D, layer: number) => tf.Scalar;
type RowLoss = (student: tf.Tensor2D, teacher: tf.Tensor2D) => tf.Scalar;

/** @throws DataError if a layer is not there or does not fit */
export function featureTransfer(config: FeatureTransferConfig, pair: Pair): Transfer {
  const { student, teacher, dataset } = pair;
  const layers = config.kind === 'attention' ? attentionLayers(config.layers, pair) : config.layers;
  for (const layer of layers) {
    layerSize(student, layer.student, dataset.classes, 'student');
    layerSize(teacher, layer.teacher, dataset.classes, 'teacher');
  }
  const weights = new Weights(pair.rng);
  const losses = lossOf(config, layers, pair, weights);
  const wanted = layers.map(({ teacher: name }): WantedLayer => ({ name, form: losses.form }));
  return {
    wanted,
    parameters: weights.parameters,
    statistics: [],
    loss: (batch) => {
      if (config.weight === 0) return null;
      const terms = layers.map((layer, i) => {
        const ofTeacher = batch.teacher[keyOf(wanted[i] as WantedLayer)] as tf.Tensor;
        return losses.form === 'map'
          ? losses.loss(layerMap(batch.student, layer.student), ofTeacher as tf.Tensor4D, i)
          : losses.loss(layerRows(batch.student, layer.student), ofTeacher as tf.Tensor2D);
      });
      const raw = tf.addN(terms) as tf.Scalar;
      return { raw, weighted: tf.mul<tf.Scalar>(raw, config.weight) };
    },
    dispose: () => weights.dispose(),
  };
}

const lossOf = (
  config: FeatureTransferConfig,
  layers: readonly LayerPair[],
  pair: Pair,
  weights: Weights,
): { form: 'map'; loss: MapLoss } | { form: 'rows'; loss: RowLoss } => {
  switch (config.kind) {
    case 'fitnet': {
      const maps = layers.map((layer, i) => linearMap(weights, i, layer, pair));
      return {
        form: 'map',
        loss: (student, teacher, layer) => {
          const [s, t] = atEqualSize(student, teacher);
          return hint(pixels(s), maps[layer] as tf.Variable<tf.Rank.R2>, pixels(t));
        },
      };
    }
    case 'attention':
      return { form: 'map', loss: (student, teacher) => attentionTransfer(...atEqualSize(student, teacher)) };
    case 'similarity':
      return { form: 'map', loss: (student, teacher) => similarityTransfer(flat(student), flat(teacher)) };
    case 'relational': {
      const { distance, angle } = config;
      const parts: [number, RowLoss][] = [
        [distance, distanceTransfer],
        [angle, angleTransfer],
      ];
      const used = parts.filter(([weight]) => weight > 0);
      return {
        form: 'rows',
        loss: (student, teacher) =>
          used.reduce<tf.Scalar>(
            (sum, [weight, loss]) => tf.add(sum, tf.mul(loss(student, teacher), weight)),
            tf.scalar(0),
          ),
      };
    }
    case 'probabilistic':
      return { form: 'rows', loss: probabilisticTransfer };
    case 'gram': {
      const options = { delta: config.huberDelta, normaliser: config.normaliser };
      const gram = (rows: tf.Tensor2D) => tf.matMul<tf.Tensor2D>(rows, rows, false, true);
      return { form: 'rows', loss: (student, teacher) => gramTransfer(gram(student), gram(teacher), options) };
    }
  }
};

/** A row per pixel. */
const pixels = (map: tf.Tensor4D): tf.Tensor2D => tf.reshape(map, [-1, map.shape[3]]);

/** A row per sample. */
const flat = (map: tf.Tensor4D): tf.Tensor2D => tf.reshape(map, [map.shape[0], -1]);

const linearMap = (weights: Weights, index: number, layer: LayerPair, pair: Pair): tf.Variable<tf.Rank.R2> => {
  const { classes } = pair.dataset;
  const from = layerSize(pair.student, layer.student, classes, 'student').channels;
  const to = layerSize(pair.teacher, layer.teacher, classes, 'teacher').channels;
  const fans = { in: from, out: to };
  return weights.parameter<tf.Rank.R2>(`regressor/${index}`, [from, to], { init: lecunNormal(), fans, decay: true });
};

/** The stages of both networks from the last one on, where maps have more than one pixel; or those that are named. */
const attentionLayers = (named: readonly LayerPair[], { student, teacher, dataset }: Pair): readonly LayerPair[] => {
  const hasMap = (network: Network, name: string, role: 'student' | 'teacher'): boolean => {
    const { height, width } = layerSize(network, name, dataset.classes, role);
    return height * width > 1;
  };
  if (named.length > 0) {
    for (const layer of named)
      if (!hasMap(student, layer.student, 'student') || !hasMap(teacher, layer.teacher, 'teacher'))
        throw new DataError(
          `Attention needs maps of more than one pixel, which ${layer.student} and ${layer.teacher} are not.`,
        );
    return named;
  }
  const [ofStudent, ofTeacher] = [student, teacher].map((network, i) =>
    network.stages
      .map(({ name }) => name)
      .filter((name) => hasMap(network, name, i === 0 ? 'student' : 'teacher'))
      .reverse(),
  ) as [string[], string[]];
  const count = Math.min(ofStudent.length, ofTeacher.length);
  if (count === 0)
    throw new DataError(
      'Attention needs stages with maps of more than one pixel; neither network may be a perceptron.',
    );
  return Array.from({ length: count }, (_, i) => ({
    student: ofStudent[i] as string,
    teacher: ofTeacher[i] as string,
  }));
};
