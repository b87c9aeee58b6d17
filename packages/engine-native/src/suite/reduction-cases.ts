import * as tf from '@tensorflow/tfjs-core';
import { type EngineCase, EXACT, LOOSE, ROUNDED } from './engine-case.ts';

type Reduction = (x: tf.Tensor, axis?: number[], keepDims?: boolean) => tf.Tensor;

const SHAPE = [2, 3, 4, 5];
const AXES: readonly (number[] | undefined)[] = [undefined, [0], [3], [1, 2], [0, 1, 2]];
const smooth = { tolerance: ROUNDED, gradientTolerance: ROUNDED };

const SMOOTH: Readonly<Record<string, Reduction>> = {
  sum: tf.sum,
  mean: tf.mean,
  max: tf.max,
  min: tf.min,
  logSumExp: tf.logSumExp,
};

/** Sums, extremes, products of matrices, softmax and normalisations. */
export const REDUCTION_CASES: readonly EngineCase[] = [
  ...Object.entries(SMOOTH).flatMap(([name, compute]) =>
    AXES.map(
      (axes, at): EngineCase => ({
        name: `${name} over ${axes === undefined ? 'all axes' : `axes ${axes}`}`,
        shapes: [SHAPE],
        ...smooth,
        compute: (x) => compute(x as tf.Tensor, axes, at % 2 === 1),
      }),
    ),
  ),
  {
    name: 'prod',
    shapes: [[3, 4]],
    range: [0.5, 1.5],
    ...smooth,
    compute: (x) => tf.prod(x as tf.Tensor, [1]),
  },
  {
    name: 'argMax and argMin',
    shapes: [[4, 6]],
    tolerance: EXACT,
    compute: (x) => [
      tf.cast(tf.argMax(x as tf.Tensor, 1), 'float32'),
      tf.cast(tf.argMin(x as tf.Tensor, 0), 'float32'),
    ],
  },
  {
    name: 'any and all',
    shapes: [[4, 3]],
    tolerance: EXACT,
    compute: (x) => {
      const isPositive = tf.greater(x as tf.Tensor, 0);
      return [tf.cast(tf.any(isPositive, 1), 'float32'), tf.cast(tf.all(isPositive, 0), 'float32')];
    },
  },
  { name: 'cumsum', shapes: [[3, 5]], ...smooth, compute: (x) => tf.cumsum(x as tf.Tensor, 1) },
  { name: 'cumprod', shapes: [[3, 5]], tolerance: ROUNDED, compute: (x) => tf.cumprod(x as tf.Tensor, 1) },
  {
    name: 'moments',
    shapes: [SHAPE],
    tolerance: ROUNDED,
    gradientTolerance: LOOSE,
    compute: (x) => {
      const { mean, variance } = tf.moments(x as tf.Tensor, [0, 1, 2]);
      return [mean, variance];
    },
  },
  { name: 'euclidean norm', shapes: [[4, 6]], ...smooth, compute: (x) => tf.norm(x as tf.Tensor, 'euclidean', 1) },
  {
    name: 'topk',
    shapes: [[3, 8]],
    tolerance: EXACT,
    compute: (x) => {
      const { values, indices } = tf.topk(x as tf.Tensor, 3);
      return [values, tf.cast(indices, 'float32')];
    },
  },
  ...[
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].map(
    ([transposeA, transposeB]): EngineCase => ({
      name: `matMul, transposed ${transposeA}, ${transposeB}`,
      shapes: [transposeA ? [6, 4] : [4, 6], transposeB ? [5, 6] : [6, 5]],
      ...smooth,
      compute: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor, transposeA, transposeB),
    }),
  ),
  {
    name: 'matMul, stacked',
    shapes: [
      [3, 4, 6],
      [3, 6, 5],
    ],
    ...smooth,
    compute: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor),
  },
  {
    name: 'fused matMul with bias and relu',
    shapes: [[4, 6], [6, 5], [5]],
    ...smooth,
    compute: (a, b, bias) =>
      tf.fused.matMul({ a: a as tf.Tensor, b: b as tf.Tensor, bias: bias as tf.Tensor, activation: 'relu' }),
  },
  {
    name: 'einsum',
    shapes: [
      [2, 3, 4],
      [4, 5],
    ],
    tolerance: ROUNDED,
    compute: (a, b) => tf.einsum('bij,jk->bik', a as tf.Tensor, b as tf.Tensor),
  },
  { name: 'softmax', shapes: [[4, 7]], range: [-5, 5], ...smooth, compute: (x) => tf.softmax(x as tf.Tensor) },
  { name: 'logSoftmax', shapes: [[4, 7]], range: [-5, 5], ...smooth, compute: (x) => tf.logSoftmax(x as tf.Tensor) },
  {
    name: 'softmax cross entropy',
    shapes: [[5, 4]],
    ...smooth,
    compute: (x) => {
      const labels = tf.oneHot(tf.tensor1d([0, 3, 1, 1, 2], 'int32'), 4);
      return tf.losses.softmaxCrossEntropy(labels, x as tf.Tensor);
    },
  },
  {
    name: 'sigmoid cross entropy',
    shapes: [[5, 4]],
    ...smooth,
    compute: (x) => tf.losses.sigmoidCrossEntropy(tf.oneHot(tf.tensor1d([0, 3, 1, 1, 2], 'int32'), 4), x as tf.Tensor),
  },
  {
    name: 'batch norm with given moments',
    shapes: [[2, 3, 3, 4], [4], [4], [4], [4]],
    range: [0.2, 2],
    tolerance: ROUNDED,
    gradientTolerance: LOOSE,
    compute: (x, mean, variance, offset, scale) =>
      tf.batchNorm(
        x as tf.Tensor4D,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
  },
  {
    name: 'local response normalization',
    shapes: [[1, 3, 3, 5]],
    ...smooth,
    compute: (x) => tf.localResponseNormalization(x as tf.Tensor4D, 2),
  },
];
