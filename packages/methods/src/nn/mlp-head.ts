import type * as tf from '@tensorflow/tfjs-core';
import { type BatchNorm, type BatchNormStyle, batchNorm } from './batch-norm.ts';
import { type Dense, dense } from './dense.ts';
import { fanInUniform } from './init.ts';
import { addCost, type Cost, noCost } from './layer.ts';
import type { Weights } from './weights.ts';

export interface MlpHeadOptions {
  /** width of what enters, then of each linear layer */
  widths: readonly [number, number, ...number[]];
  norm: BatchNormStyle;
  /** whether batch normalisation, without ReLU, follows the last layer too */
  lastNorm: boolean;
}

/** A small network over rows: a projection head or a predictor. */
export interface MlpHead {
  /** `[B, widths[0]]` to `[B, widths.at(-1)]`, not normalised to unit length */
  forward(x: tf.Tensor2D, training: boolean): tf.Tensor2D;
  cost: Cost;
}

/**
 * Linear layers, each followed by batch normalisation and ReLU, but for the last. A projection head as in CoKe has
 * widths f, f, f, d and `lastNorm`; its predictor d, f, d without. Layers before a normalisation have no bias: the
 * normalisation would remove it.
 */
export function mlpHead(weights: Weights, name: string, { widths, norm, lastNorm }: MlpHeadOptions): MlpHead {
  const layers: { linear: Dense; normalise: BatchNorm | null }[] = [];
  let cost = noCost();
  widths.slice(1).forEach((out, i) => {
    const input = widths[i] as number;
    const isLast = i === widths.length - 2;
    const hasNorm = !isLast || lastNorm;
    const at = `${name}/linear-${i + 1}`;
    const linear = dense(weights, at, { in: input, out, bias: !hasNorm, init: fanInUniform() });
    const activation = isLast ? 'none' : 'relu';
    const normalise = hasNorm ? batchNorm(weights, `${at}-norm`, out, { ...norm, gamma: 1, activation }) : null;
    layers.push({ linear, normalise });
    cost = addCost(addCost(cost, linear.cost), { params: hasNorm ? 2 * out : 0, flops: 0 });
  });
  return {
    forward: (x, training) =>
      layers.reduce((y, { linear, normalise }) => {
        const rows = linear.forward(y);
        return normalise === null ? rows : normalise.forwardRows(rows, training);
      }, x),
    cost,
  };
}
