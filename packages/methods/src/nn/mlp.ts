import * as tf from '@tensorflow/tfjs-core';
import type { BuildOptions } from './build-options.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { type DropoutDraws, dropoutDraws } from './dropout-draws.ts';
import { fanInUniform, heNormal } from './init.ts';
import type { FeatureSize, Layer } from './layer.ts';
import { createNetwork, type Network, type Stage } from './network.ts';
import { Weights } from './weights.ts';

export interface MlpOptions {
  /** width of each hidden layer */
  hidden: readonly number[];
  /** share of the units that a training step leaves out, of every hidden layer but the last. @defaultValue 0 */
  dropout?: number;
}

/** A multi-layer perceptron with ReLU on the flattened image; the stages `hidden-1`, .. give maps of one pixel. */
export function mlp({ hidden, dropout: rate = 0 }: MlpOptions, options: BuildOptions): Network {
  const draws = rate > 0 ? dropoutDraws(options.rng) : null;
  const weights = new Weights(options.rng);
  let size = options.input;
  const stages = hidden.map((width, i): Stage => {
    const linear = hiddenLayer(weights, `hidden-${i + 1}`, size, width);
    const layer = draws === null || i === hidden.length - 1 ? linear : thinned(linear, rate, draws);
    size = { height: 1, width: 1, channels: width };
    return { name: `hidden-${i + 1}`, layer };
  });
  const head = { in: size.channels, out: options.classes, bias: true, init: fanInUniform() };
  const classifier = dense(weights, 'head', head);
  const parts = { weights, stages, classifier, input: options.input };
  return createNetwork(draws === null ? parts : { ...parts, beginStep: draws.beginStep });
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

/** A layer of whose outputs a training pass leaves some out. */
const thinned = (layer: Layer, rate: number, draws: DropoutDraws): Layer => ({
  ...layer,
  forward: (x, training) => {
    const y = layer.forward(x, training);
    return training ? dropout(y, rate, draws.next()) : y;
  },
});
