import * as tf from '@tensorflow/tfjs-core';
import type { BuildOptions } from './build-options.ts';
import { dense } from './dense.ts';
import { fanInUniform, heNormal } from './init.ts';
import type { FeatureSize, Layer } from './layer.ts';
import { createNetwork, type Network, type Stage } from './network.ts';
import { Weights } from './weights.ts';

export interface MlpOptions {
  /** width of each hidden layer */
  hidden: readonly number[];
}

/** A multi-layer perceptron with ReLU on the flattened image; the stages `hidden-1`, .. give maps of one pixel. */
export function mlp({ hidden }: MlpOptions, options: BuildOptions): Network {
  const weights = new Weights(options.rng);
  let size = options.input;
  const stages = hidden.map((width, i): Stage => {
    const layer = hiddenLayer(weights, `hidden-${i + 1}`, size, width);
    size = { height: 1, width: 1, channels: width };
    return { name: `hidden-${i + 1}`, layer };
  });
  const head = { in: size.channels, out: options.classes, bias: true, init: fanInUniform() };
  return createNetwork({ weights, stages, classifier: dense(weights, 'head', head), input: options.input });
}

const hiddenLayer = (weights: Weights, name: string, input: FeatureSize, width: number): Layer => {
  const pixels = input.height * input.width * input.channels;
  const linear = dense(weights, name, { in: pixels, out: width, bias: true, activation: 'relu', init: heNormal() });
  return {
    forward: (x) => {
      const batch = x.shape[0];
      const rows = linear.forward(tf.reshape(x, [batch, pixels])); // [B, width]
      return tf.reshape(rows, [batch, 1, 1, width]);
    },
    measure: () => ({ ...linear.cost, size: { height: 1, width: 1, channels: width } }),
  };
};
