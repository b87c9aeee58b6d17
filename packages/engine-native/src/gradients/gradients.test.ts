import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { conv2dGrouped } from '../ops/conv2d-grouped.ts';
import { groupNorm, layerNorm } from '../ops/group-norm.ts';
import { gradientFaults } from '../testing/finite-differences.ts';
import { startNative } from '../testing/on-backend.ts';
import { type TestArray, TestRandom } from '../testing/random-tensor.ts';

interface Case {
  readonly name: string;
  readonly shapes: readonly number[][];
  readonly op: (...inputs: tf.Tensor[]) => tf.Tensor;
  /** Numbers of the inputs to check; all by default. */
  readonly checked?: readonly number[];
  /** True for piecewise linear ops: inputs keep away from each other and from zero, so that no step crosses a kink. */
  readonly isSpread?: boolean;
}

type Images = [tf.Tensor4D, tf.Tensor4D];
type Parameters = [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
const IMAGE = [2, 4, 5, 3];

const CASES: readonly Case[] = [
  { name: 'conv2d', shapes: [IMAGE, [3, 2, 3, 4]], op: (...a) => tf.conv2d(...(a as Images), 1, 'same') },
  { name: 'conv2d, strided', shapes: [IMAGE, [3, 3, 3, 2]], op: (...a) => tf.conv2d(...(a as Images), 2, 'valid') },
  {
    name: 'conv2d on Winograd',
    shapes: [
      [1, 4, 4, 32],
      [3, 3, 32, 32],
    ],
    checked: [0],
    op: (...a) => tf.conv2d(...(a as Images), 1, 'same'),
  },
  {
    name: 'depthwiseConv2d',
    shapes: [IMAGE, [3, 3, 3, 2]],
    op: (...a) => tf.depthwiseConv2d(...(a as Images), 1, 'same'),
  },
  {
    name: 'depthwiseConv2d, five wide',
    shapes: [
      [2, 5, 6, 8],
      [3, 5, 8, 1],
    ],
    op: (...a) => tf.depthwiseConv2d(...(a as Images), 1, 'same'),
  },
  {
    name: 'conv2dGrouped, dilated',
    shapes: [
      [1, 6, 5, 4],
      [2, 3, 2, 6],
    ],
    op: (...a) => conv2dGrouped(...(a as Images), { groups: 2, dilations: [2, 1], strides: [1, 2], pad: 1 }),
  },
  {
    name: 'matMul, transposed',
    shapes: [
      [2, 4, 3],
      [2, 5, 4],
    ],
    op: (a, b) => tf.matMul(a as tf.Tensor3D, b as tf.Tensor3D, true, true),
  },
  ...Object.entries({ add: tf.add, sub: tf.sub, mul: tf.mul }).map(
    ([name, op]): Case => ({ name, shapes: [IMAGE, [3]], op: (a, b) => op(a as tf.Tensor, b as tf.Tensor) }),
  ),
  { name: 'div', shapes: [IMAGE, [2, 1, 1, 3]], op: (a, b) => tf.div(a as tf.Tensor, tf.add(b as tf.Tensor, 3)) },
  {
    name: 'maximum',
    shapes: [IMAGE, IMAGE],
    isSpread: true,
    op: (a, b) => tf.maximum(a as tf.Tensor, b as tf.Tensor),
  },
  { name: 'clipByValue', shapes: [IMAGE], isSpread: true, op: (a) => tf.clipByValue(a as tf.Tensor, -2, 3) },
  { name: 'leakyRelu', shapes: [IMAGE], isSpread: true, op: (a) => tf.leakyRelu(a as tf.Tensor, 0.1) },
  {
    name: 'squaredDifference',
    shapes: [IMAGE, IMAGE],
    op: (a, b) => tf.squaredDifference(a as tf.Tensor, b as tf.Tensor),
  },
  { name: 'relu', shapes: [IMAGE], isSpread: true, op: (a) => tf.relu(a as tf.Tensor) },
  { name: 'relu6', shapes: [IMAGE], isSpread: true, op: (a) => tf.relu6(tf.mul(a as tf.Tensor, 4)) },
  ...Object.entries({ square: tf.square, exp: tf.exp, sigmoid: tf.sigmoid, tanh: tf.tanh, neg: tf.neg }).map(
    ([name, op]): Case => ({ name, shapes: [IMAGE], op: (a) => op(a as tf.Tensor) }),
  ),
  ...Object.entries({ log: tf.log, sqrt: tf.sqrt, rsqrt: tf.rsqrt }).map(
    ([name, op]): Case => ({ name, shapes: [IMAGE], op: (a) => op(tf.add(a as tf.Tensor, 2)) }),
  ),
  { name: 'sum', shapes: [IMAGE], op: (a) => tf.sum(a as tf.Tensor, [1, 2]) },
  { name: 'mean', shapes: [IMAGE], op: (a) => tf.mean(a as tf.Tensor, [0, 1, 2]) },
  { name: 'softmax', shapes: [[4, 6]], op: (a) => tf.softmax(tf.mul(a as tf.Tensor, 2)) },
  { name: 'logSoftmax', shapes: [[4, 6]], op: (a) => tf.logSoftmax(a as tf.Tensor) },
  { name: 'avgPool', shapes: [IMAGE], op: (a) => tf.avgPool(a as tf.Tensor4D, [2, 3], 1, 'valid') },
  { name: 'maxPool', shapes: [IMAGE], isSpread: true, op: (a) => tf.maxPool(a as tf.Tensor4D, 3, 2, 'valid') },
  {
    name: 'maxPool of 2x2',
    shapes: [IMAGE],
    isSpread: true,
    op: (a) => tf.maxPool(a as tf.Tensor4D, 2, 2, 'valid'),
  },
  {
    name: 'batchNorm',
    shapes: [IMAGE, [3], [3], [3], [3]],
    op: (...inputs) => {
      const [x, mean, variance, beta, gamma] = inputs as Parameters;
      return tf.batchNorm(x, mean, tf.add(variance, 2) as tf.Tensor1D, beta, gamma);
    },
  },
  {
    name: 'groupNorm',
    shapes: [[2, 3, 3, 6], [6], [6]],
    op: (...inputs) => groupNorm(...(inputs as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D]), 3),
  },
  {
    name: 'layerNorm',
    shapes: [[3, 5, 7], [7], [7]],
    op: (...inputs) => layerNorm(...(inputs as [tf.Tensor3D, tf.Tensor1D, tf.Tensor1D])),
  },
  { name: 'transpose', shapes: [IMAGE], op: (a) => tf.transpose(a as tf.Tensor, [0, 3, 1, 2]) },
  { name: 'reshape', shapes: [IMAGE], op: (a) => tf.reshape(a as tf.Tensor, [8, -1]) },
  { name: 'concat', shapes: [IMAGE, IMAGE], op: (a, b) => tf.concat([a as tf.Tensor, b as tf.Tensor], 2) },
  { name: 'slice', shapes: [IMAGE], op: (a) => tf.slice(a as tf.Tensor, [0, 1, 2, 0], [2, 2, 3, 2]) },
  {
    name: 'pad',
    shapes: [IMAGE],
    op: (a) =>
      tf.pad(a as tf.Tensor, [
        [0, 0],
        [1, 2],
        [0, 1],
        [1, 0],
      ]),
  },
  { name: 'gather', shapes: [[5, 4]], op: (a) => tf.gather(a as tf.Tensor, tf.tensor1d([4, 0, 4, 2], 'int32')) },
  { name: 'tile', shapes: [[2, 3]], op: (a) => tf.tile(a as tf.Tensor, [2, 3]) },
  {
    name: 'where',
    shapes: [IMAGE, IMAGE],
    op: (a, b) => {
      const size = (a as tf.Tensor).size;
      const condition = tf.tensor(
        Array.from({ length: size }, (_, at) => at % 3 === 0),
        IMAGE,
        'bool',
      );
      return tf.where(condition, a as tf.Tensor, b as tf.Tensor);
    },
  },
  { name: 'resizeBilinear up', shapes: [IMAGE], op: (a) => tf.image.resizeBilinear(a as tf.Tensor4D, [7, 9], true) },
  {
    name: 'resizeBilinear with pixel centres',
    shapes: [IMAGE],
    op: (a) => tf.image.resizeBilinear(a as tf.Tensor4D, [3, 8], false, true),
  },
  {
    name: 'resizeNearestNeighbor',
    shapes: [IMAGE],
    op: (a) => tf.image.resizeNearestNeighbor(a as tf.Tensor4D, [8, 7]),
  },
  { name: 'resizeBilinear down', shapes: [IMAGE], op: (a) => tf.image.resizeBilinear(a as tf.Tensor4D, [3, 2]) },
];

/** All odd multiples of 0.05 around zero in random order; those of another input lie 0.04 beside them. */
function spread(random: TestRandom, shape: readonly number[], which: number): TestArray {
  const array = random.array(shape);
  const order = [...array.values.keys()].sort((a, b) => (array.values[a] ?? 0) - (array.values[b] ?? 0));
  const values = new Float32Array(order.length);
  for (const [rank, at] of order.entries()) values[at] = 0.1 * (rank - order.length / 2) + 0.05 - 0.04 * which;
  return { shape: array.shape, values };
}

/** A loss in which every output counts differently. */
const lossOf =
  (op: Case['op']) =>
  (...inputs: tf.Tensor[]): tf.Tensor => {
    const y = op(...inputs);
    const weights = Float32Array.from({ length: y.size }, (_, at) => 1 + Math.cos(at));
    return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
  };

describe('gradients against finite differences', () => {
  before(() => startNative());

  for (const [seed, { name, shapes, op, checked, isSpread = false }] of CASES.entries()) {
    it(name, async () => {
      const random = new TestRandom(seed + 1);
      const inputs = shapes.map((shape, which) => (isSpread ? spread(random, shape, which) : random.array(shape)));
      assert.deepEqual(await gradientFaults(lossOf(op), inputs, 2e-2, checked), []);
    });
  }
});
