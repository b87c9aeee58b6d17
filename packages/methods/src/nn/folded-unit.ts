import * as tf from '@tensorflow/tfjs-core';
import { type Conv, type ConvSpec, conv } from './conv.ts';
import type { Initialiser } from './init.ts';
import { addCost, chain, type Layer } from './layer.ts';
import type { UnitSpec } from './unit.ts';
import type { Weights } from './weights.ts';

/** A convolution with a bias, perhaps a residual, and an activation: what a normalised one is at inference. */
interface FoldedConv {
  convolve: Conv;
  forward(x: tf.Tensor4D, residual?: tf.Tensor4D): tf.Tensor4D;
}

const foldedConv = (
  weights: Weights,
  name: string,
  layer: ConvSpec,
  init: Initialiser,
  activation: 'linear' | 'relu',
): FoldedConv => {
  const convolve = conv(weights, name, { ...layer, bias: true, init });
  const { filter, bias } = convolve;
  const apply = (x: tf.Tensor4D, last: 'linear' | 'relu'): tf.Tensor4D => {
    const options = { x, filter, strides: layer.stride, pad: (layer.kernel - 1) / 2, activation: last };
    const added = bias === null ? options : { ...options, bias };
    return layer.depthwise ? tf.fused.depthwiseConv2d(added) : tf.fused.conv2d(added);
  };
  return {
    convolve,
    forward: (x, residual) => {
      if (residual === undefined) return apply(x, activation);
      const sum = tf.add<tf.Tensor4D>(apply(x, 'linear'), residual);
      return activation === 'relu' ? tf.relu(sum) : sum;
    },
  };
};

/**
 * The unit that `unit` builds, for inference alone: every batch normalisation is part of the convolution before it.
 * Parameters have the names of that unit's convolutions, each with a bias: `conv-1/kernel`, `conv-1/bias`, ..
 *
 * @throws RangeError for a unit with squeeze-and-excitation
 */
export function foldedUnit(weights: Weights, name: string, spec: UnitSpec, init: Initialiser): Layer {
  if (spec.squeezeAfter !== null) throw new RangeError(`${name}: squeeze-and-excitation cannot be folded`);
  const last = spec.layers.length - 1;
  const links = spec.layers.map((layer, i) => foldedConv(weights, `${name}/conv-${i + 1}`, layer, init, 'relu'));
  const [input, out] = [spec.layers[0]?.in ?? 0, spec.layers.at(-1)?.out ?? 0];
  const projection = { in: input, out, kernel: 1, stride: spec.stride, depthwise: false };
  const shortcut =
    spec.shortcut === 'projection' ? foldedConv(weights, `${name}/shortcut`, projection, init, 'linear') : null;
  const main = chain(links.map(({ convolve }) => convolve));
  return {
    forward: (x) => {
      const residual = spec.shortcut === 'identity' ? x : shortcut?.forward(x);
      return links.reduce((y, link, i) => link.forward(y, i === last ? residual : undefined), x);
    },
    measure: (size) => {
      const cost = main.measure(size);
      return shortcut === null ? cost : { ...cost, ...addCost(cost, shortcut.convolve.measure(size)) };
    },
  };
}
