import type { SuperBlock } from '@crucible/contracts';
import { batchNormTrain } from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvSpec } from '../../nn/conv.ts';
import { expand } from '../../nn/structure/expand.ts';
import { drawNormals } from '../../random/draw-normals.ts';
import type { Rng } from '../../random/rng.ts';

/** Added to the variance in every batch normalisation of a scored network. */
const BATCH_NORM_EPSILON = 1e-3;

/** How the kernels and the linear layer begin; batch normalisation always begins at gamma 1, beta 0. */
export type PlainInit = 'normal' | 'absolute-normal' | 'kaiming-uniform';

/** One convolution with its batch normalisation. */
export interface PlainLayer {
  readonly spec: ConvSpec;
  /** `[k, k, in, out]`, depth-wise `[k, k, channels, 1]` */
  readonly kernel: tf.Variable<tf.Rank.R4>;
  readonly gamma: tf.Variable<tf.Rank.R1>;
  readonly beta: tf.Variable<tf.Rank.R1>;
}

/** A structure without links and squeeze-and-excitation, with a linear head: what the training-free proxies look at. */
export interface PlainNetwork {
  readonly layers: readonly PlainLayer[];
  /** `[features, classes]` */
  readonly weights: tf.Variable<tf.Rank.R2>;
  readonly bias: tf.Variable<tf.Rank.R1>;
  /**
   * Logits `[B, classes]` of images `[B, H, W, C]`, every batch normalisation by the batch's own statistics.
   *
   * @param onReluInput sees the input of each ReLU, `[B, h, w, c]`, which it must not keep
   */
  forward(x: tf.Tensor4D, onReluInput?: (z: tf.Tensor4D) => void): tf.Tensor2D;
  dispose(): void;
}

/**
 * Builds the network of `blocks` with weights from named streams: `layer-0`, `layer-1`, .., `linear`.
 *
 * @param rng streams of this structure and repeat
 */
export function plainNetwork(
  blocks: readonly SuperBlock[],
  classes: number,
  init: PlainInit,
  rng: (part: string) => Rng,
): PlainNetwork {
  const layers = expand(blocks, { residuals: false, squeezeExcite: false })
    .flatMap((unit) => unit.layers)
    .map((spec, i): PlainLayer => {
      const { kernel: k, in: input, out, depthwise } = spec;
      const shape: [number, number, number, number] = depthwise ? [k, k, out, 1] : [k, k, input, out];
      const kernel = tf.tensor4d(draw(shape, k * k * (depthwise ? 1 : input), init, rng(`layer-${i}`)), shape);
      return {
        spec,
        kernel: owned(kernel),
        gamma: owned(tf.ones<tf.Rank.R1>([out])),
        beta: owned(tf.zeros<tf.Rank.R1>([out])),
      };
    });
  const features = layers.at(-1)?.spec.out ?? 0;
  const stream = rng('linear');
  const weights = owned(tf.tensor2d(draw([features, classes], features, init, stream), [features, classes]));
  const bias = owned(
    tf.tensor1d(init === 'kaiming-uniform' ? draw([classes], features, init, stream) : new Float32Array(classes)),
  );
  return {
    layers,
    weights,
    bias,
    forward: (x, onReluInput) => {
      const last = layers.reduce((y, layer) => {
        const z = normalised(convolve(y, layer), layer);
        onReluInput?.(z);
        return tf.relu(z);
      }, x);
      return tf.add(tf.matMul(tf.mean<tf.Tensor2D>(last, [1, 2]), weights), bias);
    },
    dispose: () => tf.dispose([...layers.flatMap(({ kernel, gamma, beta }) => [kernel, gamma, beta]), weights, bias]),
  };
}

/** Every trainable tensor of the network, in execution order. */
export const variablesOf = ({ layers, weights, bias }: PlainNetwork): tf.Variable[] => [
  ...layers.flatMap(({ kernel, gamma, beta }) => [kernel, gamma, beta]),
  weights,
  bias,
];

/** A variable that takes the place of its first value. */
function owned<R extends tf.Rank>(value: tf.Tensor<R>): tf.Variable<R> {
  const variable = tf.variable<R>(value);
  value.dispose();
  return variable;
}

/** Kaiming-uniform with a = sqrt(5), the frameworks' default, is uniform within 1 / sqrt(fan-in). */
function draw(shape: readonly number[], fanIn: number, init: PlainInit, rng: Rng): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (init === 'kaiming-uniform') {
    const bound = 1 / Math.sqrt(fanIn);
    return Float32Array.from({ length: count }, () => (2 * rng.uniform() - 1) * bound);
  }
  const numbers = drawNormals(rng, count);
  return init === 'absolute-normal' ? numbers.map(Math.abs) : numbers;
}

/** The convolution of a layer, padded alike on every side. */
export function convolve(x: tf.Tensor4D, { spec, kernel }: Pick<PlainLayer, 'spec' | 'kernel'>): tf.Tensor4D {
  const pad = (spec.kernel - 1) / 2;
  return spec.depthwise ? tf.depthwiseConv2d(x, kernel, spec.stride, pad) : tf.conv2d(x, kernel, spec.stride, pad);
}

const normalised = (x: tf.Tensor4D, { gamma, beta }: PlainLayer): tf.Tensor4D =>
  batchNormTrain(x, gamma, beta, { epsilon: BATCH_NORM_EPSILON });
