import type { SuperBlock } from '@crucible/contracts';
/**
 * @file The Zen-score of a structure (arXiv:2102.01063, section 3 and algorithm 1): how strongly the last feature map
 * answers to a small change of a Gaussian input under Gaussian weights, with the scales that batch normalisation
 * removes put back.
 *
 *     score = ln mean_b |f(x)_b - f(x + alpha e)_b| + sum_i ln sqrt(mean_c var_ic)
 *
 * Differs from the paper in mode `paper`: the norm of the difference is L1 and the layer variances are those of the
 * batch, which is what reproduces the paper's own table 5. `paper_fro` has the Frobenius norm of algorithm 1.
 * `repo` has the layer scales of the released code (see `repoScale`).
 */
import { convNormTrain } from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvSpec } from '../nn/conv.ts';
import { type PlainStack, type ScoredLayer, structureStack } from './plain-stack.ts';
import type { NormalSource } from './score-source.ts';

export type ScoreMode = 'paper' | 'paper_fro' | 'repo';

export interface ScoreOptions {
  mode: ScoreMode;
  /** size of the input change */
  alpha: number;
  /** images per draw, at least 2 */
  batchSize: number;
  /** height and width of the input in pixels */
  resolution: number;
}

/** One draw of the score and its two parts; any of them may be non-finite for a degenerate network. */
export interface ZenScore {
  score: number;
  /** logarithm of the mean difference of the two outputs */
  difference: number;
  /** sum of the logarithms of the layer scales */
  scale: number;
}

/** Variances of one layer over its batch, per channel and unbiased, and the number of values behind each. */
type LayerVariance = {
  clean: tf.Tensor1D;
  perturbed: tf.Tensor1D;
  values: number;
};

/**
 * One draw of the Zen-score. The network has neither links nor squeeze-and-excitation nor a head; both inputs are
 * normalised by their own batch statistics, and the last ReLU is part of the network.
 *
 * @param network a buildable structure, or a stack of layers
 */
export async function zenScore(
  network: readonly SuperBlock[] | PlainStack,
  options: ScoreOptions,
  source: NormalSource,
): Promise<ZenScore> {
  const { layers, epsilon } = 'layers' in network ? network : structureStack(network);
  const [channels, resolution] = [layers[0]?.in ?? 0, options.resolution];
  const shape: [number, number, number, number] = [options.batchSize, resolution, resolution, channels];
  const outputs = tf.tidy(() => {
    let clean = tf.tensor4d(source.input(shape), shape);
    let perturbed = tf.add<tf.Tensor4D>(clean, tf.mul(tf.tensor4d(source.noise(shape), shape), options.alpha));
    const variances: LayerVariance[] = [];
    layers.forEach((layer, i) => {
      const weights = kernelOf(layer, i, source);
      const before = [clean, perturbed];
      const after = tf.tidy(() => {
        const first = normalisedRelu(clean, weights, layer, epsilon);
        const second = normalisedRelu(perturbed, weights, layer, epsilon);
        return { y0: first.y, v0: first.variance, y1: second.y, v1: second.variance };
      });
      tf.dispose([...before, weights]);
      const values = after.y0.size / layer.out;
      [clean, perturbed] = [pooled(after.y0, layer), pooled(after.y1, layer)];
      variances.push({ clean: after.v0, perturbed: after.v1, values });
    });
    return { norms: normsOf(clean, perturbed, options.mode), variances };
  });
  const norms = await takeValues(outputs.norms);
  let scale = 0;
  for (const { clean, perturbed, values } of outputs.variances) {
    const means = { clean: meanOf(await takeValues(clean)), perturbed: meanOf(await takeValues(perturbed)), values };
    scale += 0.5 * Math.log(options.mode === 'repo' ? repoScale(means) : batchScale(means));
  }
  const difference = Math.log(meanOf(norms));
  return { score: difference + scale, difference, scale };
}

/** Values of a tensor, which is freed; not every engine can be read synchronously. */
const takeValues = async (tensor: tf.Tensor): Promise<ArrayLike<number>> => {
  const values = await tensor.data();
  tensor.dispose();
  return values;
};

const kernelOf = (layer: ConvSpec, index: number, source: NormalSource): tf.Tensor4D => {
  const shape: [number, number, number, number] = layer.depthwise
    ? [layer.kernel, layer.kernel, layer.in, 1]
    : [layer.kernel, layer.kernel, layer.in, layer.out];
  return tf.tensor4d(source.weights(index, shape), shape);
};

/** The input of the next layer; frees `y` when it is pooled. */
const pooled = (y: tf.Tensor4D, { maxPool }: ScoredLayer): tf.Tensor4D => {
  if (maxPool !== true) return y;
  const smaller = tf.maxPool(y, 3, 2, 1);
  y.dispose();
  return smaller;
};

/** `x` after a layer, normalised by its own batch, then ReLU; and the layer's unbiased variance per channel. */
const normalisedRelu = (
  x: tf.Tensor4D,
  weights: tf.Tensor4D,
  { out, kernel, stride, depthwise }: ConvSpec,
  epsilon: number,
): { y: tf.Tensor4D; variance: tf.Tensor1D } => {
  const [ones, zeros] = [tf.ones<tf.Rank.R1>([out]), tf.zeros<tf.Rank.R1>([out])];
  // running statistics that keep nothing of their old value are those of the batch
  const moving = { mean: tf.variable(zeros, false), variance: tf.variable(zeros, false), momentum: 0 };
  // a number pads every side alike; 'same' would pad strided layers on one side only
  const shape = { strides: stride, pad: (kernel - 1) / 2, depthwise };
  const y = convNormTrain(x, weights, ones, zeros, { ...shape, epsilon, activation: 'relu', moving });
  const variance = tf.clone(moving.variance) as tf.Tensor1D;
  moving.mean.dispose();
  moving.variance.dispose();
  return { y, variance };
};

/** Norm `[B]` of the difference of each sample: L1, or Frobenius in `paper_fro`. */
const normsOf = (clean: tf.Tensor4D, perturbed: tf.Tensor4D, mode: ScoreMode): tf.Tensor => {
  const difference = tf.sub(clean, perturbed);
  return mode === 'paper_fro'
    ? tf.sqrt(tf.sum(tf.square(difference), [1, 2, 3]))
    : tf.sum(tf.abs(difference), [1, 2, 3]);
};

/** Means over the channels of one layer. */
interface MeanVariance {
  clean: number;
  perturbed: number;
  values: number;
}

/** Mean over channels of the clean batch's variance, biased. */
const batchScale = ({ clean, values }: MeanVariance): number => ((values - 1) / values) * clean;

/**
 * What the released code takes for the variance: a running average that starts at 1 and is updated by both passes with
 * momentum 0.1, from unbiased variances: 0.81 + 0.09 v1 + 0.10 v2. It loses about ln(0.19) / 2 = -0.83 per layer.
 */
const repoScale = ({ clean, perturbed }: MeanVariance): number => 0.81 + 0.09 * clean + 0.1 * perturbed;

const meanOf = (numbers: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i] as number;
  return sum / numbers.length;
};
