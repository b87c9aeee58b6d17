import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { runningOneDnn } from '../engine.ts';
import { engineMemory } from '../memory.ts';
import { resetSlowPath, slowPath } from '../slow-path.ts';
import { gradientFaults } from '../testing/finite-differences.ts';
import { errorAgainstCpu, runOn, startNative } from '../testing/on-backend.ts';
import { TestRandom } from '../testing/random-tensor.ts';
import { convBiasRelu } from './conv-bias-relu.ts';
import { convBiasReluPool } from './conv-bias-relu-pool.ts';
import { conv2dGrouped } from './conv2d-grouped.ts';
import { denseAct } from './dense-act.ts';
import { globalMean } from './global-mean.ts';
import { groupNorm, layerNorm } from './group-norm.ts';

interface Case {
  readonly name: string;
  readonly op: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly shapes: readonly number[][];
  /** Few elements and no kink near the inputs: gradients are checked against finite differences too. */
  readonly isSmall?: boolean;
}

const asConv = (inputs: tf.Tensor[]) => inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D];
const asDense = (inputs: tf.Tensor[]) => inputs as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];

const CONV_SHAPES: readonly number[][][] = [
  [[2, 5, 7, 3], [3, 3, 3, 5], [5]],
  [[1, 8, 8, 1], [3, 3, 1, 32], [32]],
  // Winograd on blocked data
  [[3, 8, 10, 32], [3, 3, 32, 48], [48]],
  // enough elements that the work is split over threads
  [[4, 31, 33, 3], [3, 3, 3, 24], [24]],
];

const CASES: readonly Case[] = [
  ...CONV_SHAPES.flatMap((shapes): Case[] => [
    { name: 'convBiasRelu', shapes, op: (...inputs) => convBiasRelu(...asConv(inputs)) },
    {
      name: 'convBiasRelu strided, relu6',
      shapes,
      op: (...inputs) => convBiasRelu(...asConv(inputs), { strides: 2, pad: 'valid', activation: 'relu6' }),
    },
    { name: 'convBiasReluPool', shapes, op: (...inputs) => convBiasReluPool(...asConv(inputs)) },
  ]),
  {
    name: 'convBiasRelu without activation',
    shapes: [[2, 4, 3, 2], [2, 2, 2, 3], [3]],
    isSmall: true,
    op: (...inputs) => convBiasRelu(...asConv(inputs), { activation: 'none' }),
  },
  {
    name: 'convBiasReluPool on an odd image',
    shapes: [[1, 5, 5, 2], [2, 2, 2, 3], [3]],
    isSmall: true,
    op: (...inputs) => convBiasReluPool(...asConv(inputs), { pad: 'same' }),
  },
  ...(['none', 'relu', 'relu6'] as const).map(
    (activation): Case => ({
      name: `denseAct ${activation}`,
      shapes: [[7, 9], [9, 5], [5]],
      isSmall: true,
      op: (...inputs) => denseAct(...asDense(inputs), activation),
    }),
  ),
  {
    name: 'conv2dGrouped, dilated',
    shapes: [
      [2, 6, 5, 6],
      [3, 2, 2, 9],
    ],
    isSmall: true,
    op: (x, filter) =>
      conv2dGrouped(x as tf.Tensor4D, filter as tf.Tensor4D, { groups: 3, dilations: 2, strides: [2, 1], pad: 'same' }),
  },
  {
    name: 'groupNorm',
    shapes: [[2, 3, 4, 6], [6], [6]],
    isSmall: true,
    op: (...inputs) => groupNorm(...(inputs as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D]), 2),
  },
  {
    name: 'layerNorm',
    shapes: [[4, 3, 10], [10], [10]],
    isSmall: true,
    op: (...inputs) => layerNorm(...(inputs as [tf.Tensor3D, tf.Tensor1D, tf.Tensor1D])),
  },
  { name: 'globalMean', shapes: [[3, 5, 4, 6]], isSmall: true, op: (x) => globalMean(x as tf.Tensor4D) },
];

/** A loss in which every output counts differently. */
const lossOf =
  (op: Case['op']) =>
  (...inputs: tf.Tensor[]): tf.Tensor => {
    const y = op(...inputs);
    return tf.sum(tf.mul(y, tf.add(y, tf.reshape(tf.cos(tf.range(0, y.size)), y.shape))));
  };

const inputsOf = ({ shapes }: Case) => {
  const random = new TestRandom(13);
  return shapes.map((shape) => random.array(shape));
};

describe('fused ops', () => {
  before(() => startNative());

  for (const fused of CASES) {
    const title = `${fused.name} ${fused.shapes.map((shape) => `[${shape}]`).join(' ')}`;
    it(`${title}: fused and from plain ops give the same output and gradients`, async () => {
      const inputs = inputsOf(fused);
      assert.ok((await errorAgainstCpu(fused.op, inputs)) < 1e-4);
      const gradients = tf.grads(lossOf(fused.op));
      const error = await errorAgainstCpu((...tensors) => gradients(tensors), inputs);
      assert.ok(error < 1e-4, `error ${error}`);
    });

    if (fused.isSmall !== true) continue;
    it(`${title}: finite differences confirm the gradients`, async () => {
      assert.deepEqual(await gradientFaults(lossOf(fused.op), inputsOf(fused), 3e-2), []);
    });
  }

  it('leave no tensor and no buffer, and never run on the plain path', async () => {
    await tf.setBackend('onednn');
    const backend = runningOneDnn();
    assert.ok(backend);
    resetSlowPath();
    const { numTensors, lentBytes } = engineMemory();
    for (const { op, ...fused } of CASES) {
      await runOn(
        'onednn',
        (...tensors) => tf.grads((...given) => tf.sum(op(...given)))(tensors),
        inputsOf({ ...fused, op }),
      );
    }
    assert.deepEqual([...slowPath().keys()], []);
    assert.equal(engineMemory().numTensors, numTensors);
    assert.equal(engineMemory().lentBytes, lentBytes);
  });

  it('name the tensor whose shape does not fit', async () => {
    await tf.setBackend('onednn');
    tf.tidy(() => {
      const x = tf.ones([1, 4, 4, 2]) as tf.Tensor4D;
      const filter = tf.ones([3, 3, 2, 3]) as tf.Tensor4D;
      assert.throws(() => convBiasRelu(x, filter, tf.ones([2])), /convBiasRelu: bias must have shape \[3\], has \[2\]/);
      assert.throws(() => convBiasReluPool(x, tf.ones([3, 3, 1, 3]), tf.ones([3])), /do not fit/);
      assert.throws(() => denseAct(tf.ones([2, 3]), tf.ones([2, 3]), tf.ones([3])), /do not fit/);
      assert.throws(() => conv2dGrouped(x, filter, { groups: 2 }), /cannot be split in 2 groups/);
      assert.throws(() => groupNorm(x, tf.ones([2]), tf.ones([2]), 3), /cannot be split in 3 groups/);
      assert.throws(
        () => layerNorm(x, tf.ones([3]), tf.ones([2])),
        /layerNorm: gamma must have shape \[2\], has \[3\]/,
      );
      assert.throws(() => globalMean(tf.ones([2, 3]) as unknown as tf.Tensor4D), /must have rank 4, has 2/);
    });
  });

  it('computes grouped convolutions that oneDNN refuses from plain ops, with gradients', async () => {
    await tf.setBackend('onednn');
    tf.tidy(() => {
      const x = tf.zeros<tf.Rank.R4>([0, 6, 7, 4]); // no image at all
      const filter = tf.ones<tf.Rank.R4>([3, 3, 2, 6]);
      const convolve = (given: tf.Tensor4D) => conv2dGrouped(x, given, { groups: 2, dilations: 2 });
      assert.deepEqual(convolve(filter).shape, [0, 6, 7, 6]);
      const gradient = tf.grad((given: tf.Tensor) => tf.sum(convolve(given as tf.Tensor4D)))(filter);
      assert.deepEqual([...gradient.dataSync()], new Array(filter.size).fill(0));
    });
  });
});
