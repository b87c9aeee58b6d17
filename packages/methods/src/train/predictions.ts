import * as tf from '@tensorflow/tfjs-core';
import { batchesOf } from '../data/batches-of.ts';
import type { Dataset, Split } from '../data/dataset.ts';

/**
 * Rows that a network gives for a whole split, without augmentation, in order: `width` numbers per sample.
 *
 * @param forward from images `[B, H, W, C]` to one or more `[B, d]`, by name; called inside a tidy
 * @param between awaited after every batch; what it throws ends the pass
 */
export async function rowsOf<Name extends string>(
  forward: (images: tf.Tensor4D) => Record<Name, tf.Tensor2D>,
  dataset: Pick<Dataset, 'height' | 'width' | 'channels' | 'mean' | 'std'>,
  split: Split,
  batchSize: number,
  between: () => Promise<void>,
): Promise<Record<Name, { rows: Float32Array; width: number }>> {
  const found = {} as Record<Name, { rows: Float32Array; width: number }>;
  let from = 0;
  for (const { images, labels } of batchesOf(dataset, split, batchSize)) {
    const outputs = tf.tidy(() => forward(images));
    images.dispose();
    for (const [name, output] of Object.entries(outputs) as [Name, tf.Tensor2D][]) {
      const [, columns] = output.shape;
      found[name] ??= { rows: new Float32Array(split.count * columns), width: columns };
      found[name].rows.set(await output.data<'float32'>(), from * columns);
    }
    tf.dispose(outputs);
    from += labels.length;
    await between();
  }
  return found;
}

/** What a classifier says of each sample of a split. */
export interface Predictions {
  /** class of the largest logit, the first one on ties */
  classes: Int32Array;
  /** cross-entropy on the given label, in nats */
  losses: Float64Array;
}

/** @param labels the ones that the losses are taken on */
export function predictionsOf(logits: Float32Array, labels: Int32Array, numClasses: number): Predictions {
  const classes = new Int32Array(labels.length);
  const losses = new Float64Array(labels.length);
  labels.forEach((label, i) => {
    const row = logits.subarray(i * numClasses, (i + 1) * numClasses);
    let best = 0;
    for (let k = 1; k < numClasses; k++) if ((row[k] as number) > (row[best] as number)) best = k;
    const top = row[best] as number;
    let sum = 0;
    for (const logit of row) sum += Math.exp(logit - top);
    classes[i] = best;
    losses[i] = top + Math.log(sum) - (row[label] as number);
  });
  return { classes, losses };
}
