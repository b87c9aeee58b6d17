import type { Architecture } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../nn/network.ts';

/** A linear layer in the middle of a pass. */
export interface Dense {
  /** what enters it, `[B, in]` */
  rows: tf.Tensor2D;
  /** `[in, out]` */
  kernel: tf.Tensor2D;
  /** what enters it left a ReLU */
  isRectified: boolean;
}

/**
 * Logits of images, and the linear layers that lead to them: all of them in a multi-layer perceptron, the classifier
 * alone in any other network.
 */
export function denseLayers(
  network: Network,
  architecture: Architecture,
  images: tf.Tensor4D,
): { logits: tf.Tensor2D; layers: Dense[] } {
  const { stages, embedding, logits } = network.outputs(images, false);
  const kernel = (name: string): tf.Tensor2D => {
    const found = network.parameters.find((parameter) => parameter.name === `${name}/kernel`);
    if (found === undefined) throw new Error(`the network has no layer ${name}`);
    return found.value as tf.Tensor as tf.Tensor2D;
  };
  const head = { rows: embedding, kernel: kernel('head'), isRectified: true };
  if (architecture.kind !== 'mlp') return { logits, layers: [head] };
  const B = images.shape[0];
  let rows = tf.reshape(images, [B, -1]) as tf.Tensor2D;
  const hidden = network.stages.map(({ name }, i): Dense => {
    const layer = { rows, kernel: kernel(name), isRectified: i > 0 };
    rows = tf.reshape(stages[name] as tf.Tensor4D, [B, -1]);
    return layer;
  });
  return { logits, layers: [...hidden, { ...head, isRectified: hidden.length > 0 }] };
}
