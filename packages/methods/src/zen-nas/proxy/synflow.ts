import * as tf from '@tensorflow/tfjs-core';
import { plainNetwork } from './plain-network.ts';
import type { ProxyInput } from './proxy-input.ts';

/**
 * SynFlow (Tanaka et al., 2020) as the released code of arXiv:2102.01063 sums it: with absolute standard normal
 * weights, one image of ones and `R` the sum of the logits,
 *
 *     score = - sum over convolutions and the linear layer of mean_out sum_rest |w dR/dw|
 *
 * The minus sign is there because all proxies are maximised. Float32, where the released code has float64: batch
 * normalisation keeps the magnitudes small.
 */
export async function synflow({ blocks, resolution, classes, rng }: ProxyInput): Promise<number> {
  const network = plainNetwork(blocks, classes, 'absolute-normal', rng);
  try {
    const kernels = network.layers.map(({ kernel }) => kernel);
    const parts = tf.tidy(() => {
      const ones = tf.ones<tf.Rank.R4>([1, resolution, resolution, blocks[0]?.in ?? 0]);
      const { grads } = tf.variableGrads(() => tf.sum(network.forward(ones)), [...kernels, network.weights]);
      const flow = (variable: tf.Variable): tf.Tensor =>
        tf.abs(tf.mul(variable, grads[variable.name] ?? tf.zerosLike(variable)));
      const ofLayers = network.layers.map(({ kernel, spec }) => tf.div(tf.sum(flow(kernel)), spec.out));
      return tf.stack([...ofLayers, tf.div(tf.sum(flow(network.weights)), classes)]);
    });
    const sums = await parts.data<'float32'>();
    parts.dispose();
    return -sums.reduce((sum, value) => sum + value, 0);
  } finally {
    network.dispose();
  }
}
