import * as tf from '@tensorflow/tfjs-core';
import type { TargetBatch } from '../augment/mix-batch.ts';
import type { Model } from '../nn/model.ts';

interface SideLogits {
  originals: tf.Tensor2D | null;
  copies: tf.Tensor2D | null;
}

/**
 * Logits in training mode of originals, of copies, or of both.
 *
 * @param batchNorm `shared`: both go through as one batch; `separate`: one after the other, and the running statistics
 *   are then those of the originals alone. Without a partner a side goes through as it is.
 */
export function forwardTogether(
  model: Model,
  originals: TargetBatch | null,
  copies: TargetBatch | null,
  channels: number,
  batchNorm: 'shared' | 'separate',
): SideLogits {
  const imagesOf = ({ images, size, height, width }: TargetBatch) =>
    tf.tensor4d(images, [size, height, width, channels]);
  const alone = (side: TargetBatch | null) => (side === null ? null : model.forward(imagesOf(side), true));
  if (originals === null || copies === null) return { originals: alone(originals), copies: alone(copies) };
  if (batchNorm === 'separate') {
    // copies of the values, since engines write running statistics in place
    const held = model.statistics.map(({ value }) => tf.mul(value as tf.Tensor, 1));
    const ofCopies = alone(copies);
    model.statistics.forEach(({ value }, i) => {
      value.assign(held[i] as tf.Tensor);
    });
    return { originals: alone(originals), copies: ofCopies };
  }
  const logits = model.forward(tf.concat([imagesOf(originals), imagesOf(copies)]), true);
  const [first, classes] = [originals.size, logits.shape[1]];
  return {
    originals: tf.slice(logits, [0, 0], [first, classes]),
    copies: tf.slice(logits, [first, 0], [copies.size, classes]),
  };
}
