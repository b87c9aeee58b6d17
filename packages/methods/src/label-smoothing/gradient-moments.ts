import * as tf from '@tensorflow/tfjs-core';
import type { Dense } from './dense-layers.ts';

/**
 * Moments of the gradients of single samples over linear layers: `g` on the label, `u` on the soft label, `G` the mean
 * of `g` over the samples.
 */
export interface GradientMoments {
  /** mean loss on the labels */
  loss: number;
  /** E|g|^2 */
  hard: number;
  /** E|u|^2 */
  soft: number;
  /** E<g, u> */
  product: number;
  /** |G|^2 */
  meanHard: number;
  /** <G, E u> */
  meanProduct: number;
}

/** A pass over a batch of samples. */
export interface MomentPass {
  /** in order, with the rows that enter each */
  layers: readonly Dense[];
  /** gradient of each sample's loss on its label in the logits, `[B, K]` */
  hard: tf.Tensor2D;
  /** the same on its soft label */
  soft: tf.Tensor2D;
  /** sum of the losses on the labels */
  loss: tf.Scalar;
}

/** Sums over samples, batch by batch; `dispose` frees what it keeps. */
export interface MomentSums {
  /** @param pass called inside a tidy */
  add(pass: () => MomentPass): Promise<void>;
  moments(): Promise<GradientMoments>;
  dispose(): void;
}

/**
 * The gradient of one sample in the weights of a linear layer is the outer product of the row `a` that enters it and the
 * gradient `d` of what leaves it, so its squared norm is `|d|^2 * (|a|^2 + 1)`, the bias counted in: all moments take
 * one pass back for each of the two labels, by matrix products alone.
 */
export function momentSums(): MomentSums {
  let samples = 0;
  const totals = [0, 0, 0, 0]; // loss, squares of hard and of soft, product
  let means: tf.Tensor2D[] = []; // per layer: sum of hard, then of soft gradients, `[in + 1, out]`
  return {
    async add(pass) {
      const { size, sums, next } = tf.tidy(() => backward(pass(), means));
      tf.dispose(means);
      means = next;
      samples += size;
      (await sums.data<'float32'>()).forEach((value, i) => {
        totals[i] = (totals[i] as number) + value;
      });
      sums.dispose();
    },
    async moments() {
      const products = tf.tidy(() => {
        const pairs = Array.from(
          { length: means.length / 2 },
          (_, l) => [means[2 * l], means[2 * l + 1]] as tf.Tensor[],
        );
        const over = (of: (hard: tf.Tensor, soft: tf.Tensor) => tf.Tensor) =>
          tf.addN(pairs.map(([h, s]) => tf.sum(of(h as tf.Tensor, s as tf.Tensor))));
        return tf.stack([over((h) => tf.square(h)), over((h, s) => tf.mul(h, s))]);
      });
      const [meanHard = Number.NaN, meanProduct = Number.NaN] = await products.data<'float32'>();
      products.dispose();
      const [loss, hard, soft, product] = totals.map((sum) => sum / samples) as [number, number, number, number];
      return { loss, hard, soft, product, meanHard: meanHard / samples ** 2, meanProduct: meanProduct / samples ** 2 };
    },
    dispose: () => tf.dispose(means),
  };
}

const backward = (
  { layers, hard, soft, loss }: MomentPass,
  means: readonly tf.Tensor2D[],
): { size: number; sums: tf.Tensor1D; next: tf.Tensor2D[] } => {
  const [B] = hard.shape;
  const next: tf.Tensor2D[] = [];
  const terms: tf.Tensor[] = [];
  let [g, u] = [hard, soft]; // gradients of what leaves the layer
  for (let l = layers.length - 1; l >= 0; l--) {
    const { rows, kernel, isRectified } = layers[l] as Dense;
    const size = tf.add(tf.sum(tf.square(rows), 1), 1); // [B]: |a|^2, and 1 for the bias
    const square = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(tf.sum(tf.mul(a, b), 1), size));
    terms.push(tf.stack([square(g, g), square(u, u), square(g, u)]));
    const extended = tf.concat([rows, tf.ones([B, 1])], 1); // the last row of the product is the bias
    for (const [i, gradient] of [g, u].entries()) {
      const sum = tf.matMul<tf.Tensor2D>(extended, gradient, true);
      const before = means[2 * l + i];
      next[2 * l + i] = before === undefined ? sum : tf.add(before, sum);
    }
    if (l === 0) break;
    const through = (gradient: tf.Tensor2D): tf.Tensor2D => {
      const entering = tf.matMul<tf.Tensor2D>(gradient, kernel, false, true);
      return isRectified ? tf.mul(entering, tf.cast(tf.greater(rows, 0), 'float32')) : entering;
    };
    [g, u] = [through(g), through(u)];
  }
  return { size: B, sums: tf.concat([tf.reshape(loss, [1]), tf.addN(terms)]) as tf.Tensor1D, next };
};
