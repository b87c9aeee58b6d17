import { convNormTrain } from '@crucible/engine-native/ops';
import type { NormalSource, PlainStack, ScoreOptions } from '@crucible/methods/testing';
import * as tf from '@tensorflow/tfjs-core';
import { cpuMilliseconds } from './cpu-milliseconds.ts';

/** CPU time of the two passes of one scoring and of reading the result, with weights and inputs in place. */
export async function timeForward(
  { layers, epsilon }: PlainStack,
  { batchSize, resolution, alpha }: ScoreOptions,
  source: NormalSource,
): Promise<number> {
  const shape = [batchSize, resolution, resolution, layers[0]?.in ?? 0] as const;
  const { clean, changed } = await source.images(shape, alpha);
  const ready = layers.map(({ in: input, out, kernel, stride, depthwise }, i) => ({
    filter: source.weights(i, [kernel, kernel, input, depthwise ? 1 : out]),
    gamma: tf.ones<tf.Rank.R1>([out]),
    beta: tf.zeros<tf.Rank.R1>([out]),
    mean: tf.tidy(() => tf.variable<tf.Rank.R1>(tf.zeros([out]), false)),
    variance: tf.tidy(() => tf.variable<tf.Rank.R1>(tf.zeros([out]), false)),
    options: { strides: stride, pad: (kernel - 1) / 2, depthwise, epsilon, activation: 'relu' as const },
  }));
  const begin = cpuMilliseconds();
  const sums = tf.tidy(() => {
    const [first, second] = [clean, changed].map((x) =>
      ready.reduce<tf.Tensor4D>((y, { filter, gamma, beta, mean, variance, options }) => {
        // the variances of the clean batch alone are asked for
        const moving = x === clean ? { moving: { mean, variance, momentum: 0 } } : {};
        const next = convNormTrain(y, filter, gamma, beta, { ...options, ...moving });
        y.dispose();
        return next;
      }, x),
    ) as [tf.Tensor4D, tf.Tensor4D];
    return tf.sum(tf.abs(tf.sub(first, second)), [1, 2, 3]);
  });
  await sums.data();
  const used = cpuMilliseconds() - begin;
  tf.dispose([
    sums,
    ...ready.flatMap(({ filter, gamma, beta, mean, variance }) => [filter, gamma, beta, mean, variance]),
  ]);
  return used;
}
