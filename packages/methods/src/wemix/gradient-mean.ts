import * as tf from '@tensorflow/tfjs-core';
import type { Model } from '../nn/model.ts';

/** What the gradients of several batches came to. */
export interface GradientResult {
  /** mean loss */
  loss: number;
  /** squared norm of the mean gradient */
  square: number;
  /** inner product of the mean gradient with the other's */
  product: number;
  /** mean squared distance of a batch's gradient from the mean one */
  variance: number;
}

/** The mean gradient over batches, weighted by their sizes; `dispose` frees what it keeps. */
export interface GradientMean {
  /** @param loss mean loss of a batch of `size` samples; called inside a tidy */
  add(size: number, loss: () => tf.Scalar): Promise<void>;
  /** sum of the weighted gradients, in order of the parameters, and of the weights */
  sums(): { gradients: readonly tf.Tensor[]; samples: number };
  result(other: GradientMean): Promise<GradientResult>;
  dispose(): void;
}

export function gradientMean({ parameters }: Pick<Model, 'parameters'>): GradientMean {
  const variables = parameters.map(({ value }) => value);
  let gradients: tf.Tensor[] = [];
  let [samples, losses, squares] = [0, 0, 0];
  return {
    async add(size, loss) {
      const { next, scalars } = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(loss, variables);
        const own = variables.map(({ name }) => grads[name] as tf.Tensor);
        const next = own.map((gradient, i) => {
          const weighted = tf.mul(gradient, size);
          const before = gradients[i];
          return before === undefined ? weighted : tf.add(before, weighted);
        });
        return { next, scalars: tf.stack([value, squareOf(own, own)]) };
      });
      tf.dispose(gradients);
      gradients = next;
      const [batchLoss = Number.NaN, square = Number.NaN] = await scalars.data<'float32'>();
      scalars.dispose();
      samples += size;
      losses += size * batchLoss;
      squares += size * square;
    },
    sums: () => ({ gradients, samples }),
    async result(other) {
      const theirs = other.sums();
      const scalars = tf.tidy(() => tf.stack([squareOf(gradients, gradients), squareOf(gradients, theirs.gradients)]));
      const [sumSquare = Number.NaN, sumProduct = Number.NaN] = await scalars.data<'float32'>();
      scalars.dispose();
      const square = sumSquare / samples ** 2;
      const product = sumProduct / (samples * theirs.samples);
      return { loss: losses / samples, square, product, variance: Math.max(0, squares / samples - square) };
    },
    dispose: () => tf.dispose(gradients),
  };
}

const squareOf = (a: readonly tf.Tensor[], b: readonly tf.Tensor[]): tf.Scalar =>
  tf.addN(a.map((tensor, i) => tf.sum(tf.mul(tensor, b[i] as tf.Tensor)))) as tf.Scalar;
