import * as tf from '@tensorflow/tfjs-core';
import { batchesOf } from '../data/batches-of.ts';
import type { Dataset, Split } from '../data/dataset.ts';
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
  let loss = 0;
  let right = 0;
  for (const { images, labels } of batchesOf(dataset, split, batchSize)) {
    const output = tf.tidy(() => model.forward(images, false));
    images.dispose();
    const logits = await output.data<'float32'>();
    output.dispose();
    loss += crossEntropySum(logits, labels, dataset.classes);
    right += rightAnswers(logits, labels, dataset.classes);
    await between();
  }
  return { loss: loss / split.count, accuracy: right / split.count };
}
