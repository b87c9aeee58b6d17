import * as tf from '@tensorflow/tfjs-core';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { type PlainNetwork, plainNetwork } from './plain-network.ts';
import { normalImages, type ProxyInput } from './proxy-input.ts';

/**
 * Minus the condition number of the empirical neural tangent kernel: `-lambda_max / lambda_min` of the Gram matrix of
 * the per-image gradients of the sum of the logits, over kernels, gammas and the linear weights (Chen et al., TE-NAS).
 * A singular kernel gives -Infinity.
 */
export async function tangentKernelCondition(input: ProxyInput): Promise<number> {
  const network = plainNetwork(input.blocks, input.classes, 'kaiming-uniform', input.rng);
  try {
    const gram = tangentKernel(network, input);
    const rows = (await gram.array()) as number[][];
    gram.dispose();
    return -conditionOf(rows);
  } finally {
    network.dispose();
  }
}

/** Gram matrix `[B, B]` of the gradients of each image's logits. */
function tangentKernel(network: PlainNetwork, input: ProxyInput): tf.Tensor2D {
  const weights = [...network.layers.flatMap(({ kernel, gamma }) => [kernel, gamma]), network.weights];
  return tf.tidy(() => {
    const x = normalImages(input);
    const gradients = Array.from({ length: input.batchSize }, (_, image) =>
      tf.tidy(() => {
        const ofImage = () => tf.sum(tf.slice(network.forward(x), [image, 0], [1, -1])) as tf.Scalar;
        const { grads } = tf.variableGrads(ofImage, weights);
        return tf.concat(weights.map((weight) => tf.reshape(grads[weight.name] ?? tf.zerosLike(weight), [-1])));
      }),
    );
    const rows = tf.stack(gradients) as tf.Tensor2D;
    return tf.matMul(rows, rows, false, true);
  });
}

/** Largest over smallest eigenvalue of a symmetric positive matrix. */
export function conditionOf(rows: number[][]): number {
  const values = new EigenvalueDecomposition(new Matrix(rows), { assumeSymmetric: true }).realEigenvalues;
  const [smallest, largest] = [Math.min(...values), Math.max(...values)];
  return smallest > 0 ? largest / smallest : Number.POSITIVE_INFINITY;
}

/** Number of distinct patterns of active ReLUs among the images: linear regions that a batch visits, 1 to B. */
export async function linearRegions({ blocks, batchSize, resolution, classes, rng }: ProxyInput): Promise<number> {
  const network = plainNetwork(blocks, classes, 'kaiming-uniform', rng);
  try {
    const codes = tf.tidy(() => {
      const active: tf.Tensor2D[] = [];
      network.forward(normalImages({ blocks, batchSize, resolution, rng }), (z) =>
        active.push(tf.reshape<tf.Rank.R2>(tf.cast(tf.greater(z, 0), 'int32'), [batchSize, -1])),
      );
      return tf.concat(active, 1);
    });
    const bits = await codes.data();
    codes.dispose();
    const length = bits.length / batchSize;
    const patterns = Array.from({ length: batchSize }, (_, i) => bits.slice(i * length, (i + 1) * length).join(''));
    return new Set(patterns).size;
  } finally {
    network.dispose();
  }
}

/** TE-NAS as its paper and arXiv:2102.01063 define it: linear regions minus the condition number. */
export async function teNas(input: ProxyInput): Promise<number> {
  return (await linearRegions(input)) + (await tangentKernelCondition(input));
}
