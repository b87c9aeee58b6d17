import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { runningOneDnn } from '../engine.ts';
import { batchNormTrain } from '../ops/batch-norm-train.ts';
import { resetSlowPath, slowPath } from '../slow-path.ts';
import { relativeError, runOn, startNative, type TensorFunction } from '../testing/on-backend.ts';
import { type TestArray, TestRandom } from '../testing/random-tensor.ts';

interface Chain {
  readonly name: string;
  readonly loss: TensorFunction;
  readonly shapes: readonly number[][];
}

const normalise = (x: tf.Tensor4D, residual?: tf.Tensor4D) => {
  const channels = x.shape[3];
  return batchNormTrain(x, tf.ones([channels]), tf.fill([channels], 0.1), {
    activation: 'relu',
    ...(residual ? { residual } : {}),
  });
};

/** Networks in which data is in blocked form for a part of the way. The last input weighs the loss. */
const CHAINS: readonly Chain[] = [
  {
    name: 'a residual block of 3x3 convolutions',
    shapes: [
      [2, 9, 8, 32],
      [3, 3, 32, 48],
      [3, 3, 48, 48],
      [2, 9, 8, 48],
    ],
    loss: (...inputs) => {
      const [x, w1, w2, weight] = inputs as tf.Tensor4D[] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      const first = normalise(tf.conv2d(x, w1, 1, 'same'));
      return tf.sum(tf.mul(normalise(tf.conv2d(first, w2, 1, 'same'), first), weight));
    },
  },
  {
    name: 'a strided and a 1x1 convolution after a 3x3 one',
    shapes: [
      [3, 8, 8, 32],
      [3, 3, 32, 32],
      [3, 3, 32, 64],
      [1, 1, 64, 16],
      [3, 4, 4, 16],
    ],
    loss: (...inputs) => {
      const [x, w1, w2, w3, weight] = inputs as tf.Tensor4D[] as [
        tf.Tensor4D,
        tf.Tensor4D,
        tf.Tensor4D,
        tf.Tensor4D,
        tf.Tensor4D,
      ];
      const first = normalise(tf.conv2d(x, w1, 1, 'same'));
      const second = normalise(tf.conv2d(first, w2, 2, 'same'));
      return tf.sum(tf.mul(tf.conv2d(second, w3, 1, 'same'), weight));
    },
  },
  {
    name: 'ops that know only the row-major form, and stock batch norm, relu and sums between',
    shapes: [[2, 8, 10, 32], [3, 3, 32, 32], [3, 3, 32, 32], [32]],
    loss: (...inputs) => {
      const [x, w1, w2, scale] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor1D];
      const first = tf.relu6(tf.add(tf.conv2d(x, w1, 1, 'same'), scale)) as tf.Tensor4D;
      const { mean, variance } = tf.moments(tf.conv2d(first, w2, 1, 'same'), [0, 1, 2]);
      const second = tf.batchNorm(
        tf.conv2d(first, w2, 1, 'same'),
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        scale,
        scale,
      );
      const joined = tf.add(tf.maxPool(second, 2, 2, 'valid'), tf.avgPool(first, 2, 2, 'valid'));
      return tf.sum(tf.square(tf.mean(tf.reshape(joined, [2, 4 * 5, 32]), 1)));
    },
  },
  {
    name: 'channels scaled by what was pooled over the pixels, and scalars',
    shapes: [
      [3, 8, 8, 32],
      [3, 3, 32, 32],
      [1, 1, 32, 32],
      [3, 8, 8, 32],
    ],
    loss: (...inputs) => {
      const [x, w, excite, weight] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      const first = tf.mul(tf.conv2d(x, w, 1, 'same'), 0.5) as tf.Tensor4D;
      const scale = tf.sigmoid(tf.conv2d(tf.mean(first, [1, 2], true) as tf.Tensor4D, excite, 1, 'same'));
      const largest = tf.sum(tf.square(tf.sum(tf.sub(1, first), [1, 2])));
      return tf.add(tf.sum(tf.mul(tf.mul(first, scale), weight)), tf.mul(largest, 0.01));
    },
  },
  {
    name: 'a tensor used in both forms and summed from two branches',
    shapes: [
      [2, 8, 8, 48],
      [3, 3, 48, 48],
      [2, 8, 8, 48],
    ],
    loss: (...inputs) => {
      const [x, w, weight] = inputs as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
      const branch = tf.conv2d(x, w, 1, 'same');
      const joined = tf.addN([branch, tf.relu(branch), tf.transpose(tf.transpose(branch, [0, 2, 1, 3]), [0, 2, 1, 3])]);
      return tf.sum(tf.mul(tf.add(joined, tf.neg(branch)), weight));
    },
  },
];

const inputsOf = ({ shapes }: Chain): TestArray[] => {
  const random = new TestRandom(9);
  return shapes.map((shape) => random.array(shape));
};

describe('blocked form', () => {
  before(() => startNative());
  after(() => {
    const backend = runningOneDnn();
    if (backend !== undefined) backend.winograd = true;
  });

  for (const chain of CHAINS) {
    let reference: Promise<TestArray[]> | undefined;
    for (const winograd of [true, false]) {
      it(`keeps loss and gradients of ${chain.name}, winograd ${winograd}`, async () => {
        const backend = runningOneDnn();
        assert.ok(backend);
        backend.winograd = winograd;
        const inputs = inputsOf(chain);
        const gradients = tf.grads((...tensors: tf.Tensor[]) => chain.loss(...tensors) as tf.Tensor);
        const compute: TensorFunction = (...tensors) => [chain.loss(...tensors) as tf.Tensor, ...gradients(tensors)];
        reference ??= runOn('cpu', compute, inputs);
        const expected = await reference;
        const conversions = backend.conversions;
        resetSlowPath();
        const actual = await runOn('onednn', compute, inputs);
        assert.deepEqual([...slowPath().keys()], []);
        const errors = actual.map((result, at) => relativeError(result, expected[at] ?? result));
        assert.ok(Math.max(...errors) < 1e-4, `errors ${errors}`);
        // on CPUs without AVX-512 oneDNN has no Winograd code, and everything stays in row-major form
        const usesBlocks = winograd && backend.addon.info().isa.startsWith('avx512');
        assert.equal(backend.conversions > conversions, usesBlocks);
      });
    }
  }

  it('gives every buffer back', async () => {
    await tf.setBackend('onednn');
    const backend = runningOneDnn();
    assert.ok(backend);
    const lent = backend.pool.counters().lentBytes;
    for (const chain of CHAINS) {
      await runOn(
        'onednn',
        (...tensors) => tf.grads(chain.loss as (...t: tf.Tensor[]) => tf.Tensor)(tensors),
        inputsOf(chain),
      );
    }
    assert.equal(backend.pool.counters().lentBytes, lent);
  });

  it('packs a filter for inference as well as for training', async () => {
    const random = new TestRandom(4);
    const inputs = [random.array([1, 8, 8, 32]), random.array([3, 3, 32, 32])];
    const compute: TensorFunction = (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
    const [expected] = await runOn('cpu', compute, inputs);
    const [actual] = await runOn('onednn', compute, inputs);
    assert.ok(expected && actual);
    assert.ok(relativeError(actual, expected) < 1e-4);
  });

  it('gives the same with a filter transformed once, as of a variable, and one transformed in each call', async () => {
    const random = new TestRandom(23);
    const [x, w] = [random.array([2, 16, 16, 32]), random.array([3, 3, 32, 48])];
    const convolve = (filter: tf.Tensor, images: tf.Tensor) =>
      tf.conv2d(images as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same') as tf.Tensor;
    const [loose] = await runOn('onednn', convolve, [w, x]);
    const [settled] = await runOn(
      'onednn',
      (filter, images) => {
        const variable = tf.variable(filter as tf.Tensor);
        const result = convolve(variable as tf.Tensor, images as tf.Tensor);
        variable.dispose();
        return result;
      },
      [w, x],
    );
    assert.ok(loose && settled);
    assert.ok(relativeError(settled, loose) < 1e-4);
  });
});
