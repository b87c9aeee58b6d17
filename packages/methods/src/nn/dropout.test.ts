import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../random/create-rng.ts';
import { gradientError } from '../testing/gradient.ts';
import { dropout } from './dropout.ts';

const SHAPE = [200, 50];
const stream = () => createRng(4, 'dropout/step-3');

describe('dropout', () => {
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => assert.equal(tf.memory().numTensors, before));

  it('zeroes the wanted share of elements and scales the others, so that the mean stays', () => {
    for (const rate of [0.1, 0.5, 0.8]) {
      const y = tf.tidy(() => dropout(tf.ones(SHAPE), rate, stream()).dataSync());
      const zeros = y.filter((value) => value === 0).length;
      assert.ok(Math.abs(zeros / y.length - rate) < 0.02, `${rate}: ${zeros} of ${y.length}`);
      for (const value of y) assert.ok(value === 0 || Math.abs(value - 1 / (1 - rate)) < 1e-6);
    }
  });

  it('draws the mask from the stream alone: equal for equal names, other for another', () => {
    const maskOf = (name: string) => tf.tidy(() => [...dropout(tf.ones([64]), 0.5, createRng(4, name)).dataSync()]);
    assert.deepEqual(maskOf('dropout/step-3'), maskOf('dropout/step-3'));
    assert.notDeepEqual(maskOf('dropout/step-3'), maskOf('dropout/step-4'));
    // fixed numbers, which every engine and machine must give
    assert.deepEqual(
      maskOf('dropout/step-3').slice(0, 8),
      Array.from(
        { length: 8 },
        (() => {
          const rng = stream();
          return () => (rng.uint32() < 2 ** 31 ? 0 : 2);
        })(),
      ),
    );
  });

  it('has the gradient that finite differences give', () => {
    const values = new Float32Array(12);
    createRng(5, 'x').fillNormal(values);
    const x = tf.tidy(() => tf.variable(tf.tensor(values, [3, 4])));
    const loss = () => tf.tidy(() => tf.sum<tf.Scalar>(tf.square(dropout(x as tf.Tensor, 0.4, stream()))));
    assert.ok(gradientError(loss, x) < 1e-2);
    x.dispose();
  });

  it('returns the input itself at rate 0, and refuses rates outside of [0, 1)', () => {
    const x = tf.ones([2]);
    assert.equal(dropout(x, 0, stream()), x);
    for (const rate of [-0.1, 1, Number.NaN])
      assert.throws(() => dropout(x, rate, stream()), /rate must be in \[0, 1\)/);
    x.dispose();
  });
});
