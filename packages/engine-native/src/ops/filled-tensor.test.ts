import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { runningOneDnn } from '../engine.ts';
import { startNative } from '../testing/on-backend.ts';
import { filledTensor } from './filled-tensor.ts';

const COUNT = 60;
const count = (from: number) => (values: Float32Array) => {
  for (let i = 0; i < values.length; i += 1) values[i] = from + i;
};

describe('filledTensor', () => {
  before(() => startNative());

  for (const backend of ['cpu', 'onednn'] as const)
    it(`holds what was written, as any other tensor, on ${backend}`, async () => {
      await tf.setBackend(backend);
      const before = tf.memory().numTensors;
      const x = filledTensor<tf.Rank.R3>([3, 4, 5], count(7));
      const sum = tf.sum(x);
      assert.deepEqual(x.shape, [3, 4, 5]);
      assert.deepEqual(
        [...(await x.data())],
        Array.from({ length: COUNT }, (_, i) => 7 + i),
      );
      assert.equal((await sum.data())[0], 7 * COUNT + (COUNT * (COUNT - 1)) / 2);
      tf.dispose([x, sum]);
      assert.equal(tf.memory().numTensors, before);
    });

  it('takes the memory of a tensor that has gone, and keeps what was read of that', async () => {
    await tf.setBackend('onednn');
    const first = filledTensor<tf.Rank.R1>([COUNT], count(0));
    const read = await first.data();
    first.dispose();
    const { allocations } = runningOneDnn()?.pool.counters() ?? { allocations: -1 };
    const second = filledTensor<tf.Rank.R1>([COUNT], count(100));
    assert.equal(runningOneDnn()?.pool.counters().allocations, allocations);
    assert.deepEqual(
      [...read],
      Array.from({ length: COUNT }, (_, i) => i),
    );
    second.dispose();
  });
});
