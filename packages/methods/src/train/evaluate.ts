import * as tf from '@tensorflow/tfjs-core';
import type { Dataset, Split } from '../data/dataset.ts';
import { normalisationTable, writeNormalised } from '../data/normalise.ts';
import type { Model } from '../nn/model.ts';
import { crossEntropySum, rightAnswers } from './right-answers.ts';

export interface Evaluation {
  /** mean cross-entropy, in nats */
  loss: number;
  /** share of right answers */
  accuracy: number;
}

/**
 * Loss and accuracy of a model on a whole split, with running statistics and without augmentation.
 *
 * @param between awaited after every batch; what it throws ends the evaluation
 */
export async function evaluate(
  model: Pick<Model, 'forward'>,
  dataset: Dataset,
  split: Split,
  batchSize: number,
  between: () => Promise<void>,
): Promise<Evaluation> {
  const { height, width, channels, classes } = dataset;
  const pixels = height * width * channels;
  const table = normalisationTable(dataset.mean, dataset.std);
  let loss = 0;
  let right = 0;
  for (let from = 0; from < split.count; from += batchSize) {
    const size = Math.min(batchSize, split.count - from);
    const images = new Float32Array(size * pixels);
    writeNormalised(images, 0, split.images.subarray(from * pixels, (from + size) * pixels), table);
    const labels = split.labels.subarray(from, from + size);
    const output = tf.tidy(() => model.forward(tf.tensor4d(images, [size, height, width, channels]), false));
    const logits = await output.data<'float32'>();
    output.dispose();
    loss += crossEntropySum(logits, labels, classes);
    right += rightAnswers(logits, labels, classes);
    await between();
  }
  return { loss: loss / split.count, accuracy: right / split.count };
}
