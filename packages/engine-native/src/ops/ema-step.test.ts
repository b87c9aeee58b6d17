import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startNative } from '../testing/on-backend.ts';
import { TestRandom, toTensor } from '../testing/random-tensor.ts';
import { emaStep } from './ema-step.ts';

const SHAPES = [[3, 4], [1], [200, 300]];

describe('emaStep', () => {
  before(() => startNative());

  for (const backend of ['cpu', 'onednn'] as const) {
    it(`moves every average a share of the way to its value on ${backend}`, async () => {
      await tf.setBackend(backend);
      const random = new TestRandom(8);
      const starts = SHAPES.map((shape) => random.array(shape));
      const targets = SHAPES.map((shape) => random.array(shape));
      const averages = starts.map((start) => tf.tidy(() => tf.variable(toTensor(start), false)));
      const values = targets.map(toTensor);
      const clone = averages[0]?.clone();
      for (let step = 0; step < 2; step += 1) emaStep({ averages, values, decay: 0.75 });
      for (const [which, average] of averages.entries()) {
        const actual = average.dataSync();
        for (const [at, start] of (starts[which]?.values ?? []).entries()) {
          const target = targets[which]?.values[at] ?? Number.NaN;
          assert.ok(Math.abs((actual[at] ?? Number.NaN) - (target + 0.75 ** 2 * (start - target))) < 1e-6);
        }
      }
      assert.deepEqual([...(clone?.dataSync() ?? [])], [...(starts[0]?.values ?? [])], 'a clone keeps its values');
      tf.dispose([averages, values, clone ?? []]);
    });
  }

  it('refuses values that do not fit and a decay above 1', async () => {
    await tf.setBackend('onednn');
    const average = tf.tidy(() => tf.variable(tf.ones([2])));
    const value = tf.ones([3]);
    assert.throws(() => emaStep({ averages: [average], values: [], decay: 0.5 }), /0 values for 1 averages/);
    assert.throws(() => emaStep({ averages: [average], values: [value], decay: 0.5 }), /values\[0\] must have shape/);
    assert.throws(
      () => emaStep({ averages: [average], values: [average], decay: 2 }),
      /decay must lie in \[0, 1\], is 2/,
    );
    tf.dispose([average, value]);
  });
});
