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

/** Variances of one layer over its batch. */
interface LayerStatistics {
  /** unbiased, per channel */
  clean: tf.Variable<tf.Rank.R1>;
  /** of the changed batch; null where nobody asks for it */
  perturbed: tf.Variable<tf.Rank.R1> | null;
  /** values behind each of them */
  values: number;
}

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
  const passed: Passed = { statistics: [], variables: [] };
  const images = await source.images(shape, options.alpha);
  try {
    const norms = tf.tidy(() => {
      const inputs = { clean: images.clean, perturbed: images.changed };
      const { clean, perturbed } = passBoth(layers, epsilon, inputs, source, passed, options.mode);
      return normsOf(clean, perturbed, options.mode);
    });
    const means = await valuesOf(norms, passed.statistics);
    let scale = 0;
    for (const layer of means.layers)
      scale += 0.5 * Math.log(options.mode === 'repo' ? repoScale(layer) : batchScale(layer));
    const difference = Math.log(means.norm);
    return { score: difference + scale, difference, scale };
  } finally {
    tf.dispose([images.clean, images.changed, ...passed.variables]);
  }
}

/** What the passes leave beside their result. */
interface Passed {
  statistics: LayerStatistics[];
  /** all that were made; no tidy frees them */
  variables: tf.Variable[];
}

/** The two batches, or what has become of them. */
interface Pair {
  clean: tf.Tensor4D;
  perturbed: tf.Tensor4D;
}

/** Both batches through all layers; `passed` grows by what each layer leaves. */
const passBoth = (
  layers: readonly ScoredLayer[],
  epsilon: number,
  inputs: Pair,
  source: NormalSource,
  { statistics, variables }: Passed,
  mode: ScoreMode,
): Pair => {
  const constants = new Map<number, PerChannel>();
  const variable = (value: tf.Tensor1D): tf.Variable<tf.Rank.R1> => {
    const made = tf.variable<tf.Rank.R1>(value, false);
    variables.push(made);
    return made;
  };
  const perChannelOf = (out: number): PerChannel => {
    const zeros = tf.zeros<tf.Rank.R1>([out]);
    return { ones: tf.ones<tf.Rank.R1>([out]), zeros, mean: variable(zeros) };
  };
  return layers.reduce(({ clean, perturbed }: Pair, layer, i) => {
    const perChannel = constants.get(layer.out) ?? perChannelOf(layer.out);
    constants.set(layer.out, perChannel);
    const ofClean = variable(perChannel.zeros);
    const ofPerturbed = mode === 'repo' ? variable(perChannel.zeros) : null;
    const weights = kernelOf(layer, i, source);
    const y0 = normalisedRelu(clean, weights, layer, epsilon, perChannel, ofClean);
    const y1 = normalisedRelu(perturbed, weights, layer, epsilon, perChannel, ofPerturbed);
    tf.dispose([clean, perturbed, weights]);
    statistics.push({ clean: ofClean, perturbed: ofPerturbed, values: y0.size / layer.out });
    return { clean: pooled(y0, layer), perturbed: pooled(y1, layer) };
  }, inputs);
};

/** What the host needs of a scoring; not every engine can be read synchronously. */
const valuesOf = async (
  norms: tf.Tensor,
  statistics: readonly LayerStatistics[],
): Promise<{ norm: number; layers: MeanVariance[] }> => {
  const norm = meanOf(await norms.data());
  norms.dispose();
  const layers: MeanVariance[] = [];
  for (const { clean, perturbed, values } of statistics)
    layers.push({
      clean: meanOf(await clean.data()),
      perturbed: perturbed === null ? null : meanOf(await perturbed.data()),
      values,
    });
  return { norm, layers };
};

const kernelOf = (layer: ConvSpec, index: number, source: NormalSource): tf.Tensor4D => {
  const shape: [number, number, number, number] = layer.depthwise
    ? [layer.kernel, layer.kernel, layer.in, 1]
    : [layer.kernel, layer.kernel, layer.in, layer.out];
  return source.weights(index, shape);
};

/** The input of the next layer; frees `y` when it is pooled. */
const pooled = (y: tf.Tensor4D, { maxPool }: ScoredLayer): tf.Tensor4D => {
  if (maxPool !== true) return y;
  const smaller = tf.maxPool(y, 3, 2, 1);
  y.dispose();
  return smaller;
};

/** Constants per channel that layers of one width share. */
interface PerChannel {
  ones: tf.Tensor1D;
  zeros: tf.Tensor1D;
  /** takes the running mean, which nobody reads */
  mean: tf.Variable<tf.Rank.R1>;
}

/** `x` after a layer, normalised by its own batch, then ReLU; `variance` takes the layer's unbiased one. */
const normalisedRelu = (
  x: tf.Tensor4D,
  weights: tf.Tensor4D,
  { kernel, stride, depthwise }: ConvSpec,
  epsilon: number,
  { ones, zeros, mean }: PerChannel,
  variance: tf.Variable<tf.Rank.R1> | null,
): tf.Tensor4D => {
  // running statistics that keep nothing of their old value are those of the batch
  const moving = variance === null ? {} : { moving: { mean, variance, momentum: 0 } };
  // a number pads every side alike; 'same' would pad strided layers on one side only
  const shape = { strides: stride, pad: (kernel - 1) / 2, depthwise };
  return convNormTrain(x, weights, ones, zeros, { ...shape, epsilon, activation: 'relu', ...moving });
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
  /** null but in mode `repo` */
  perturbed: number | null;
  values: number;
}

/** Mean over channels of the clean batch's variance, biased. */
const batchScale = ({ clean, values }: MeanVariance): number => ((values - 1) / values) * clean;

/**
 * What the released code takes for the variance: a running average that starts at 1 and is updated by both passes with
 * momentum 0.1, from unbiased variances: 0.81 + 0.09 v1 + 0.10 v2. It loses about ln(0.19) / 2 = -0.83 per layer.
 */
const repoScale = ({ clean, perturbed }: MeanVariance): number => 0.81 + 0.09 * clean + 0.1 * (perturbed ?? clean);

const meanOf = (numbers: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i] as number;
  return sum / numbers.length;
};
