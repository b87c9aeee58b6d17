import * as tf from '@tensorflow/tfjs-core';
import { plainNetwork, variablesOf } from './plain-network.ts';
import { normalImages, type ProxyInput } from './proxy-input.ts';

/**
 * Gradient norm: the Frobenius norm of the gradient of the mean cross-entropy over all parameters, for standard normal
 * weights and images and uniformly drawn labels.
 */
export async function gradNorm({ blocks, batchSize, resolution, classes, rng }: ProxyInput): Promise<number> {
  const network = plainNetwork(blocks, classes, 'normal', rng);
  try {
    const labelStream = rng('labels');
    const labels = Int32Array.from({ length: batchSize }, () => labelStream.below(classes));
    const squares = tf.tidy(() => {
      const x = normalImages({ blocks, batchSize, resolution, rng });
      const target = tf.oneHot(tf.tensor1d(labels, 'int32'), classes);
      const loss = () => tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(network.forward(x))), 1))) as tf.Scalar;
      const { grads } = tf.variableGrads(loss, variablesOf(network));
      return tf.stack(Object.values(grads).map((gradient) => tf.sum(tf.square(gradient))));
    });
    const sums = await squares.data<'float32'>();
    squares.dispose();
    return Math.sqrt(sums.reduce((sum, value) => sum + value, 0));
  } finally {
    network.dispose();
  }
}
