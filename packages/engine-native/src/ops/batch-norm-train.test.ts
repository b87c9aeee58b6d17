import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { gradientFaults } from '../testing/finite-differences.ts';
import { errorAgainstCpu, relativeError, startNative } from '../testing/on-backend.ts';
import { type TestArray, TestRandom, toTensor } from '../testing/random-tensor.ts';
import { type BatchNormActivation, batchNormTrain } from './batch-norm-train.ts';

const CASES = [
  { shape: [2, 5, 4, 3], activation: 'none' },
  { shape: [3, 4, 4, 8], activation: 'relu' },
  { shape: [2, 7, 3, 16], activation: 'relu6' },
  { shape: [4, 9, 9, 48], activation: 'relu' },
  { shape: [2, 6, 6, 61], activation: 'none' },
  { shape: [1, 3, 5, 130], activation: 'relu6' },
  { shape: [37, 24], activation: 'relu' },
  // enough elements that the work is split over threads
  { shape: [4, 32, 32, 20], activation: 'relu' },
] as const satisfies readonly { shape: readonly number[]; activation: BatchNormActivation }[];

const inputsFor = (random: TestRandom, shape: readonly number[]): TestArray[] => {
  const channels = shape.slice(-1);
  return [random.array(shape), random.array(channels), random.array(channels), random.array(shape)];
};

/** A loss that no symmetry makes trivial: the output weighted by the square of the input. */
const lossOf =
  (activation: BatchNormActivation, withResidual: boolean) =>
  (...inputs: tf.Tensor[]) => {
    const [x, gamma, beta, residual] = inputs as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor];
    const options = withResidual ? { activation, residual } : { activation };
    // scaled so that relu6 has something to cut
    const y = batchNormTrain(x, tf.mul(gamma, 4) as tf.Tensor1D, beta, options);
    return tf.sum(tf.mul(y, tf.square(x)));
  };

describe('batchNormTrain', () => {
  before(() => startNative());

  for (const { shape, activation } of CASES) {
    for (const withResidual of [false, true]) {
      it(`gives the same output and gradients fused and from plain ops: [${shape}], ${activation}, residual ${withResidual}`, async () => {
        const inputs = inputsFor(new TestRandom(7), shape).slice(0, withResidual ? 4 : 3);
        const loss = lossOf(activation, withResidual);
        const gradients = tf.grads((...tensors: tf.Tensor[]) => loss(...tensors));
        assert.ok((await errorAgainstCpu(loss, inputs)) < 1e-4);
        const error = await errorAgainstCpu((...tensors) => gradients(tensors), inputs);
        assert.ok(error < 1e-4, `error ${error}`);
      });
    }
  }

  it('has gradients that finite differences confirm', async () => {
    const shape = [2, 3, 3, 2];
    const inputs = inputsFor(new TestRandom(11), shape);
    const loss = lossOf('relu', true);
    assert.deepEqual(await gradientFaults(loss, inputs, 3e-2), []);
  });

  it('updates the running averages alike on both engines, with the unbiased variance', async () => {
    const input = new TestRandom(3).array([4, 3, 3, 5]);
    const movingAfter = async (backend: 'cpu' | 'onednn') => {
      await tf.setBackend(backend);
      const mean = tf.variable(tf.fill([5], 0.5), false);
      const variance = tf.variable(tf.fill([5], 2), false);
      const kept = variance.clone();
      for (let step = 0; step < 3; step += 1) {
        tf.tidy(() => {
          batchNormTrain(toTensor(input), tf.ones([5]), tf.zeros([5]), { moving: { mean, variance, momentum: 0.9 } });
        });
      }
      const result = [...mean.dataSync(), ...variance.dataSync()];
      assert.deepEqual([...kept.dataSync()], [2, 2, 2, 2, 2], 'a clone keeps its values');
      tf.dispose([mean, variance, kept]);
      return result;
    };
    const expected = await movingAfter('cpu');
    const actual = await movingAfter('onednn');
    assert.ok(
      relativeError(
        { shape: [10], values: Float32Array.from(actual) },
        { shape: [10], values: Float32Array.from(expected) },
      ) < 1e-5,
    );

    const columns = Array.from({ length: 5 }, (_, c) => [...input.values].filter((_value, at) => at % 5 === c));
    const meanOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const [c, column] of columns.entries()) {
      const mean = meanOf(column);
      const unbiased = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (column.length - 1);
      const kept = 0.9 ** 3;
      assert.ok(Math.abs((actual[c] ?? 0) - (kept * 0.5 + (1 - kept) * mean)) < 1e-5);
      assert.ok(Math.abs((actual[5 + c] ?? 0) - (kept * 2 + (1 - kept) * unbiased)) < 1e-5);
    }
  });

  it('names the tensor whose shape does not fit', async () => {
    await tf.setBackend('onednn');
    tf.tidy(() => {
      const x = tf.ones([2, 3, 3, 4]);
      assert.throws(() => batchNormTrain(x, tf.ones([3]), tf.zeros([4])), /gamma must have shape \[4\], has \[3\]/);
      assert.throws(
        () => batchNormTrain(x, tf.ones([4]), tf.zeros([4]), { residual: tf.ones([2, 3, 3, 1]) }),
        /residual must have shape/,
      );
    });
  });
});
