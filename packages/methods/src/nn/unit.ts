import type * as tf from '@tensorflow/tfjs-core';
import { type BatchNorm, type BatchNormStyle, batchNorm } from './batch-norm.ts';
import { type Conv, type ConvSpec, conv } from './conv.ts';
import type { Initialiser } from './init.ts';
import { addCost, chain, type Layer } from './layer.ts';
import { squeezeExcite } from './squeeze-excite.ts';
import type { Weights } from './weights.ts';

/**
 * A chain of convolutions with the link around it: the common form of plain, basic, bottleneck and inverted-residual
 * blocks. After every convolution comes batch normalisation, then, but for the last, the activation. After the last
 * normalisation the shortcut is added, if there is one.
 */
export interface UnitSpec {
  layers: readonly ConvSpec[];
  /** `projection`: 1x1 convolution with `stride`, then batch normalisation */
  shortcut: 'none' | 'identity' | 'projection';
  stride: number;
  /** index of the layer whose output squeeze-and-excitation scales; null: none */
  squeezeAfter: number | null;
}

/** How the units of a network are built. */
export interface UnitStyle {
  norm: BatchNormStyle;
  init: Initialiser;
  /** follows every normalisation but the last */
  activation: 'relu' | 'relu6';
  /** follows the sum */
  lastActivation: 'none' | 'relu' | 'relu6';
  /** the last gamma of a unit with a shortcut starts at zero, so that the unit begins as its shortcut */
  zeroLastGamma: boolean;
  projectionBias: boolean;
  /** inner width of squeeze-and-excitation on so many channels */
  squeezedWidth(channels: number): number;
}

interface ChainLink {
  convolve: Conv;
  normalise: BatchNorm;
  squeeze: Layer | null;
}

/** Builds a unit; its parameters are named `conv-1/kernel`, `conv-1-norm/gamma`, .., `shortcut/kernel` below `name`. */
export function unit(weights: Weights, name: string, spec: UnitSpec, style: UnitStyle): Layer {
  const last = spec.layers.length - 1;
  const links = spec.layers.map((layer, i): ChainLink => {
    const at = `${name}/conv-${i + 1}`;
    const gamma = i === last && spec.shortcut !== 'none' && style.zeroLastGamma ? 0 : 1;
    const activation = i === last ? style.lastActivation : style.activation;
    const { init, norm } = style;
    return {
      convolve: conv(weights, at, { ...layer, bias: false, init }),
      normalise: batchNorm(weights, `${at}-norm`, layer.out, { ...norm, gamma, activation }),
      squeeze:
        spec.squeezeAfter === i
          ? squeezeExcite(weights, `${name}/squeeze-excite`, {
              channels: layer.out,
              inner: style.squeezedWidth(layer.out),
              init,
              norm,
            })
          : null,
    };
  });
  const shortcut = buildShortcut(weights, `${name}/shortcut`, spec, style);
  const residualOf = (x: tf.Tensor4D, training: boolean): tf.Tensor4D | undefined =>
    spec.shortcut === 'identity' ? x : shortcut?.forward(x, training);
  const main = chain(links.flatMap(({ convolve, normalise, squeeze }) => [convolve, normalise, squeeze ?? []].flat()));
  return {
    forward: (x, training) => {
      const residual = residualOf(x, training);
      return links.reduce((y, { convolve, normalise, squeeze }, i) => {
        const normalised = normalise.after(convolve, y, training, i === last ? residual : undefined);
        return squeeze === null ? normalised : squeeze.forward(normalised, training);
      }, x);
    },
    measure: (input) => {
      const cost = main.measure(input);
      return shortcut === null ? cost : { ...cost, ...addCost(cost, shortcut.measure(input)) };
    },
  };
}

const buildShortcut = (weights: Weights, name: string, spec: UnitSpec, style: UnitStyle): Layer | null => {
  if (spec.shortcut !== 'projection') return null;
  const [input, out] = [spec.layers[0]?.in ?? 0, spec.layers.at(-1)?.out ?? 0];
  const shape = { in: input, out, kernel: 1, stride: spec.stride, depthwise: false };
  const convolve = conv(weights, name, { ...shape, bias: style.projectionBias, init: style.init });
  const normalise = batchNorm(weights, `${name}-norm`, out, { ...style.norm, gamma: 1, activation: 'none' });
  return {
    forward: (x, training) => normalise.after(convolve, x, training),
    measure: chain([convolve, normalise]).measure,
  };
};
