/** @file Layers of a network by name: `embedding`, `logits`, or a stage. */
import * as tf from '@tensorflow/tfjs-core';
import { DataError } from '../method.ts';
import type { FeatureSize } from '../nn/layer.ts';
import type { Network, NetworkOutputs } from '../nn/network.ts';
import { globalAverage } from '../nn/pool.ts';

export type Role = 'student' | 'teacher';

/** Size of what leaves a layer. @throws DataError if the network has no such layer */
export function layerSize(network: Network, name: string, classes: number, role: Role): FeatureSize {
  if (name === 'embedding') return { height: 1, width: 1, channels: network.embeddingWidth };
  if (name === 'logits') return { height: 1, width: 1, channels: classes };
  const stage = network.stages.find((one) => one.name === name);
  if (stage !== undefined) return stage.size;
  const known = ['embedding', 'logits', ...network.stages.map((one) => one.name)].join(', ');
  throw new DataError(`The ${role} has no layer "${name}"; it has ${known}.`);
}

/** Feature map `[B, h, w, c]` of a layer; of one pixel for embedding and logits. */
export function layerMap(outputs: NetworkOutputs, name: string): tf.Tensor4D {
  const { embedding, logits, stages } = outputs;
  const rows = name === 'embedding' ? embedding : name === 'logits' ? logits : null;
  if (rows !== null) return tf.reshape(rows, [rows.shape[0], 1, 1, rows.shape[1]]);
  const map = stages[name];
  if (map === undefined) throw new RangeError(`there is no layer ${name}`);
  return map;
}

/** Rows `[B, c]` of a layer: the means over the pixels of a feature map. */
export function layerRows(outputs: NetworkOutputs, name: string): tf.Tensor2D {
  if (name === 'embedding') return outputs.embedding;
  return name === 'logits' ? outputs.logits : globalAverage(layerMap(outputs, name));
}

/**
 * Two feature maps at the size of the smaller one: windows of the larger one are averaged.
 *
 * @throws DataError if the one size is no multiple of the other
 */
export function atEqualSize(student: tf.Tensor4D, teacher: tf.Tensor4D): [tf.Tensor4D, tf.Tensor4D] {
  const height = Math.min(student.shape[1], teacher.shape[1]);
  const width = Math.min(student.shape[2], teacher.shape[2]);
  return [averaged(student, height, width), averaged(teacher, height, width)];
}

const averaged = (map: tf.Tensor4D, height: number, width: number): tf.Tensor4D => {
  const [, fromHeight, fromWidth] = map.shape;
  if (fromHeight === height && fromWidth === width) return map;
  if (fromHeight % height !== 0 || fromWidth % width !== 0)
    throw new DataError(
      `Feature maps of ${fromHeight} x ${fromWidth} and ${height} x ${width} pixels cannot be compared; choose other layers.`,
    );
  const window: [number, number] = [fromHeight / height, fromWidth / width];
  return tf.avgPool(map, window, window, 'valid');
};
