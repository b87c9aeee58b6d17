import * as tf from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import type { Network } from '../nn/network.ts';
import type { ViewBatch } from '../train/objective.ts';
import { rowsOf } from '../train/predictions.ts';
import { layerMap, layerRows, layerSize } from './layers.ts';

/** Floats that are kept of a teacher at most. */
const MOST_FLOATS = 64e6;

/** A layer of the teacher that the loss takes: as a feature map, or as rows of means over its pixels. */
export interface WantedLayer {
  name: string;
  form: 'map' | 'rows';
}

export const keyOf = ({ name, form }: WantedLayer): string => `${form} of ${name}`;

/** What a frozen teacher says of a batch, by `keyOf` the layer. The images are those that the student sees. */
export type TeacherSource = (batch: ViewBatch, images: tf.Tensor4D) => Readonly<Record<string, tf.Tensor>>;

/** Asks the teacher at every step. */
export const askedTeacher =
  (teacher: Network, wanted: readonly WantedLayer[]): TeacherSource =>
  (_batch, images) =>
    tf.tidy(() => {
      const outputs = teacher.outputs(images, false);
      return Object.fromEntries(
        wanted.map((layer) => [
          keyOf(layer),
          layer.form === 'map' ? layerMap(outputs, layer.name) : layerRows(outputs, layer.name),
        ]),
      );
    });

/** Whether what is wanted of all training samples fits into memory. */
export const fitsIntoMemory = (teacher: Network, dataset: Dataset, wanted: readonly WantedLayer[]): boolean =>
  wanted.reduce((sum, layer) => sum + floatsOf(teacher, dataset, layer), 0) * dataset.train.count <= MOST_FLOATS;

const floatsOf = (teacher: Network, { classes }: Dataset, { name, form }: WantedLayer): number => {
  const { height, width, channels } = layerSize(teacher, name, classes, 'teacher');
  return form === 'map' ? height * width * channels : channels;
};

/**
 * Asks the teacher once for every training sample, as stored, and keeps what it says.
 *
 * @param between awaited now and then; what it throws ends the pass
 */
export async function keptTeacher(
  teacher: Network,
  dataset: Dataset,
  wanted: readonly WantedLayer[],
  batchSize: number,
  between: () => Promise<void>,
): Promise<TeacherSource> {
  const ask = askedTeacher(teacher, wanted);
  const flat = (images: tf.Tensor4D): Record<string, tf.Tensor2D> =>
    Object.fromEntries(
      Object.entries(ask({} as ViewBatch, images)).map(([key, tensor]) => [
        key,
        tf.reshape(tensor, [tensor.shape[0] as number, -1]) as tf.Tensor2D,
      ]),
    );
  const kept = await rowsOf(flat, dataset, dataset.train, batchSize, between);
  return ({ samples }) =>
    Object.fromEntries(
      wanted.map((layer) => {
        const { rows, width } = kept[keyOf(layer)] as { rows: Float32Array; width: number };
        const values = new Float32Array(samples.length * width);
        samples.forEach((sample, b) => {
          values.set(rows.subarray(sample * width, (sample + 1) * width), b * width);
        });
        const { height, width: w, channels } = layerSize(teacher, layer.name, dataset.classes, 'teacher');
        const shape = layer.form === 'map' ? [samples.length, height, w, channels] : [samples.length, channels];
        return [keyOf(layer), tf.tensor(values, shape)];
      }),
    );
}
