import * as tf from '@tensorflow/tfjs-core';
import { type BatchNormOptions, batchNorm } from '../nn/batch-norm.ts';
import { conv } from '../nn/conv.ts';
import { dense } from '../nn/dense.ts';
import type { Model } from '../nn/model.ts';
import { squeezeExcite } from '../nn/squeeze-excite.ts';
import { Weights } from '../nn/weights.ts';
import type { Rng } from '../random/rng.ts';
import { lastOf, outChannels, type SuperBlock } from './structure/block.ts';
import { type ExpandOptions, expand } from './structure/expand.ts';
import { squeezedWidth, type Unit } from './structure/unit.ts';

/** Gain of all first weights in the released training: sqrt(3) * 2 / (1 + 0.25^2). */
const GAIN = 3.26033;
/** Of every batch normalisation of the method. */
const BATCH_NORM_EPSILON = 1e-3;

export interface NetworkOptions extends ExpandOptions {
  classes: number;
  batchNormMomentum: number;
  /** named streams of the job's seed */
  rng: (name: string) => Rng;
}

type Layer = (x: tf.Tensor4D, training: boolean) => tf.Tensor4D;

/**
 * The network of a structure with its first weights: units, global average pooling, one linear layer. The last batch
 * normalisation of every unit with a link starts at gamma = 0, so that the unit begins as its shortcut.
 */
export function buildNetwork(blocks: readonly SuperBlock[], options: NetworkOptions): Model {
  const weights = new Weights(options.rng);
  const norm = { epsilon: BATCH_NORM_EPSILON, momentum: options.batchNormMomentum };
  const units = expand(blocks, options).map((unit, i) => buildUnit(weights, `unit-${i + 1}`, unit, norm));
  const width = outChannels(lastOf(blocks));
  const std = GAIN * Math.sqrt(2 / (width + options.classes));
  const head = dense(weights, 'head', width, options.classes, std);
  return {
    parameters: weights.parameters,
    statistics: weights.statistics,
    forward: (images, training) =>
      tf.tidy(() => {
        const features = units.reduce((x, unit) => unit(x, training), images); // [B, h, w, width]
        return head(tf.mean<tf.Tensor2D>(features, [1, 2]));
      }),
    dispose: () => weights.dispose(),
  };
}

const buildUnit = (
  weights: Weights,
  name: string,
  unit: Unit,
  norm: Pick<BatchNormOptions, 'epsilon' | 'momentum'>,
): Layer => {
  const last = unit.layers.length - 1;
  const layers = unit.layers.map((layer, i) => {
    const at = `${name}/conv-${i + 1}`;
    const gamma = i === last && unit.shortcut !== 'none' ? 0 : 1;
    const scale =
      unit.squeezeAfter === i
        ? { channels: layer.out, inner: squeezedWidth(layer.out), gain: GAIN, batchNorm: norm }
        : null;
    return {
      convolve: conv(weights, at, { ...layer, bias: false, gain: GAIN }),
      normalise: batchNorm(weights, `${at}-norm`, layer.out, { ...norm, gamma, relu: true }),
      squeeze: scale === null ? null : squeezeExcite(weights, `${name}/squeeze-excite`, scale),
    };
  });
  const shortcut = buildShortcut(weights, `${name}/shortcut`, unit, norm);
  return (x, training) => {
    const residual = shortcut?.(x, training);
    let y = x;
    layers.forEach(({ convolve, normalise, squeeze }, i) => {
      y = i === last ? normalise(convolve(y), training, residual) : normalise(convolve(y), training);
      if (squeeze !== null) y = squeeze(y, training);
    });
    return y;
  };
};

const buildShortcut = (
  weights: Weights,
  name: string,
  unit: Unit,
  norm: Pick<BatchNormOptions, 'epsilon' | 'momentum'>,
): Layer | null => {
  if (unit.shortcut === 'none') return null;
  if (unit.shortcut === 'identity') return (x) => x;
  const [input, out] = [unit.layers[0]?.in ?? 0, unit.layers.at(-1)?.out ?? 0];
  const { stride } = unit;
  const project = conv(weights, name, { in: input, out, kernel: 1, stride, depthwise: false, bias: true, gain: GAIN });
  const normalise = batchNorm(weights, `${name}-norm`, out, { ...norm, gamma: 1, relu: false });
  return (x, training) => normalise(project(x), training);
};
