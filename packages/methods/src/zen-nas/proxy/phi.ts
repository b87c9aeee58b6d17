import * as tf from '@tensorflow/tfjs-core';
import { convolve, plainNetwork } from './plain-network.ts';
import { normalImages, type ProxyInput } from './proxy-input.ts';

/**
 * The Phi-score of arXiv:2102.01063, equation 2: how strongly the last feature map of the network *without* batch
 * normalisation answers to a small change of the input,
 *
 *     score = ln mean_b |f(x + alpha e) - f(x)|_F / alpha
 *
 * A network of convolutions and ReLUs without offsets is homogeneous, so that its layers may be divided by any factor
 * and the factor's logarithm added at the end; with that float32 does not overflow, however deep the network.
 */
export async function phi(input: ProxyInput & { alpha: number }): Promise<number> {
  const { blocks, batchSize, resolution, classes, rng, alpha } = input;
  const network = plainNetwork(blocks, classes, 'normal', rng);
  try {
    let logScale = 0;
    let [clean, changed] = tf.tidy(() => {
      const x = normalImages(input);
      const noise = normalImages({ blocks, batchSize, resolution, rng: () => rng('noise') });
      return [x, tf.add<tf.Tensor4D>(x, tf.mul(noise, alpha))];
    });
    for (const layer of network.layers) {
      const [y0, y1, size] = tf.tidy(() => {
        const first = tf.relu(convolve(clean, layer));
        return [first, tf.relu(convolve(changed, layer)), tf.sqrt(tf.mean(tf.square(first)))];
      });
      const [scale = 0] = await size.data();
      tf.dispose([clean, changed, size]);
      clean = tf.div(y0, scale);
      changed = tf.div(y1, scale);
      tf.dispose([y0, y1]);
      logScale += Math.log(scale);
    }
    const norms = tf.tidy(() => tf.sqrt(tf.sum(tf.square(tf.sub(changed, clean)), [1, 2, 3])));
    const values = await norms.data<'float32'>();
    tf.dispose([clean, changed, norms]);
    return Math.log(values.reduce((sum, value) => sum + value, 0) / values.length / alpha) + logScale;
  } finally {
    network.dispose();
  }
}
