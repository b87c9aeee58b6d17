import * as tf from '@tensorflow/tfjs-core';
import { conv2dGrouped } from '../ops/conv2d-grouped.ts';
import { groupNorm, layerNorm } from '../ops/group-norm.ts';
import { type EngineCase, EXACT, LOOSE, ROUNDED } from './engine-case.ts';

const IMAGE = [2, 6, 7, 4];
const MATRIX = [4, 5];
const smooth = { tolerance: ROUNDED, gradientTolerance: ROUNDED };
const loose = { tolerance: LOOSE, gradientTolerance: LOOSE };
const exact = { tolerance: EXACT, gradientTolerance: EXACT };
const image = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor4D;
const vector = (tensor: tf.Tensor | undefined) => tensor as tf.Tensor1D;

/** What no family of cases has: ops of no family, and gradients that are zero. */
export const RARE_CASES: readonly EngineCase[] = [
  ...[
    { name: 'two groups', groups: 2 },
    { name: 'gaps of one cell', dilations: 2 },
    { name: 'two groups, gaps and stride 2', groups: 2, dilations: 2, strides: 2, pad: 2 },
  ].map(
    ({ name, ...options }): EngineCase => ({
      name: `conv2dGrouped, ${name}`,
      shapes: [IMAGE, [3, 3, 4 / (options.groups ?? 1), 6]],
      ...smooth,
      compute: (x, filter) => conv2dGrouped(image(x), image(filter), options),
    }),
  ),
  {
    name: 'groupNorm',
    shapes: [IMAGE, [4], [4]],
    ...loose,
    compute: (x, gamma, beta) => groupNorm(image(x), vector(gamma), vector(beta), 2),
  },
  {
    name: 'layerNorm',
    shapes: [[3, 8], [8], [8]],
    ...loose,
    compute: (x, gamma, beta) => layerNorm(x as tf.Tensor, vector(gamma), vector(beta)),
  },
  {
    name: 'dilation2d',
    shapes: [
      [2, 6, 7, 3],
      [2, 3, 3],
    ],
    ...smooth,
    compute: (x, filter) => tf.dilation2d(image(x), filter as tf.Tensor3D, 1, 'valid', 1),
  },
  { name: 'clone', shapes: [MATRIX], ...exact, compute: (x) => tf.clone(x as tf.Tensor) },
  ...(['reflect', 'symmetric'] as const).map(
    (mode): EngineCase => ({
      name: `mirrorPad, ${mode}`,
      shapes: [MATRIX],
      ...exact,
      compute: (x) =>
        tf.mirrorPad(
          x as tf.Tensor,
          [
            [0, 0],
            [0, 0],
          ],
          mode,
        ),
    }),
  ),
  {
    name: 'mod, away from its jumps',
    shapes: [MATRIX, [5]],
    range: [1, 3],
    ...smooth,
    compute: (a, b) => tf.mod(tf.mul(a ?? 0, 4), b ?? 1),
  },
  {
    name: 'where, both branches differentiable',
    shapes: [MATRIX, MATRIX],
    ...exact,
    compute: (a, b) => {
      const choice = Array.from({ length: 20 }, (_, at) => at % 3 === 0);
      return tf.where(tf.tensor2d(choice, [4, 5], 'bool'), a ?? 0, b ?? 0);
    },
  },
  ...Object.entries({
    ceil: tf.ceil,
    floor: tf.floor,
    onesLike: tf.onesLike,
    round: tf.round,
    sign: tf.sign,
    step: tf.step,
    zerosLike: tf.zerosLike,
  } as Record<string, (x: tf.Tensor) => tf.Tensor>).map(
    ([name, step]): EngineCase => ({
      name: `gradient of ${name}, which is zero`,
      shapes: [MATRIX],
      ...exact,
      compute: (x) => tf.add(step(tf.mul(x ?? 0, 3)), x ?? 0),
    }),
  ),
];
