import type { LatencyProtocol, SuperBlock, Timing, UnitShape } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { convNorm } from '../nn/conv-norm.ts';
import { dense } from '../nn/dense.ts';
import { foldedUnit } from '../nn/folded-unit.ts';
import { heNormal } from '../nn/init.ts';
import type { FeatureSize } from '../nn/layer.ts';
import { globalAverage } from '../nn/pool.ts';
import { foldedNetwork } from '../nn/structure-network.ts';
import { Weights } from '../nn/weights.ts';
import type { Rng } from '../random/rng.ts';
import { type TimingOptions, timePasses } from './time-passes.ts';
import { specOf } from './unit-shape.ts';

export interface MeasureOptions extends TimingOptions {
  /** named streams; the values of weights and images make no difference that is looked for */
  rng: (name: string) => Rng;
}

/** Up to so many channels an input is taken for images, which arrive as plain rows. */
const IMAGE_CHANNELS = 4;

/**
 * Latency of one unit by itself. Its input is what a convolution left, in the form in which the engine keeps feature maps:
 * as it is inside a network.
 */
export async function timeUnit(shape: UnitShape, options: MeasureOptions): Promise<Timing> {
  const weights = new Weights(options.rng);
  const init = heNormal();
  const size = { height: shape.resolution, width: shape.resolution, channels: shape.in };
  const images = noise(size, options);
  const entering = shape.in <= IMAGE_CHANNELS ? images : featureMap(images, shape.in, weights);
  try {
    if (shape.kind === 'head') {
      const head = dense(weights, 'head', { in: shape.in, out: shape.out, bias: true, init });
      return await timePasses(() => head.forward(globalAverage(entering)), options);
    }
    const unit = foldedUnit(weights, 'unit', specOf(shape), init);
    return await timePasses(() => unit.forward(entering, false), options);
  } finally {
    weights.dispose();
    tf.dispose([images, entering]);
  }
}

/** Latency of a whole network, head included. */
export async function timeNetwork(
  blocks: readonly SuperBlock[],
  input: FeatureSize,
  classes: number,
  options: MeasureOptions,
): Promise<Timing> {
  const { rng } = options;
  const network = foldedNetwork(blocks, { input, classes, residuals: true, squeezeExcite: false, rng });
  const images = noise(input, options);
  try {
    return await timePasses(() => network.forward(images, false), options);
  } finally {
    network.dispose();
    images.dispose();
  }
}

const noise = (
  { height, width, channels }: FeatureSize,
  { rng, protocol }: { rng: (name: string) => Rng; protocol: LatencyProtocol },
): tf.Tensor4D => {
  const values = new Float32Array(protocol.batch * height * width * channels);
  rng('images').fillNormal(values);
  return tf.tensor4d(values, [protocol.batch, height, width, channels]);
};

const featureMap = (images: tf.Tensor4D, channels: number, weights: Weights): tf.Tensor4D => {
  const pointwise = { in: channels, out: channels, kernel: 1, stride: 1, depthwise: false };
  const layer = foldedUnit(weights, 'before', convNorm(pointwise), heNormal());
  return tf.tidy(() => layer.forward(images, false));
};
