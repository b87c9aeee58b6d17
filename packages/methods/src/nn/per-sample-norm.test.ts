import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../random/create-rng.ts';
import { gradientError } from '../testing/gradient.ts';
import { type PerSampleNormOptions, perSampleNorm } from './per-sample-norm.ts';
import { Weights } from './weights.ts';

const [B, H, W, C] = [2, 3, 4, 6];
const SHAPE: [number, number, number, number] = [B, H, W, C];
const X = new Float32Array(B * H * W * C);
createRng(3, 'x').fillNormal(X);

/** Mean and variance over whatever belongs together with element `i`. */
const byHand = ({ kind, groups, epsilon }: PerSampleNormOptions): number[] => {
  const keyOf = (i: number) => {
    const [pixel, channel] = [Math.floor(i / C), i % C];
    return kind === 'layer' ? pixel : `${Math.floor(pixel / (H * W))},${Math.floor(channel / (C / groups))}`;
  };
  return [...X].map((value, i) => {
    const same = [...X].filter((_, j) => keyOf(j) === keyOf(i));
    const mean = same.reduce((a, b) => a + b, 0) / same.length;
    const variance = same.reduce((a, b) => a + (b - mean) ** 2, 0) / same.length;
    return (value - mean) / Math.sqrt(variance + epsilon);
  });
};

describe('perSampleNorm', () => {
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => assert.equal(tf.memory().numTensors, before));

  for (const options of [
    { kind: 'group', groups: 3, epsilon: 1e-5 },
    { kind: 'group', groups: 1, epsilon: 1e-3 },
    { kind: 'layer', groups: 1, epsilon: 1e-5 },
  ] as const)
    it(`matches the formula and has the gradient of finite differences: ${JSON.stringify(options)}`, () => {
      const weights = new Weights((name) => createRng(1, name));
      const layer = perSampleNorm(weights, 'n', C, options);
      const x = tf.tidy(() => tf.variable(tf.tensor4d(X, SHAPE)));
      const expected = byHand(options);
      for (const training of [true, false]) {
        const y = tf.tidy(() => layer.forward(x as unknown as tf.Tensor4D, training).dataSync());
        expected.forEach((value, i) => {
          assert.ok(Math.abs(value - (y[i] as number)) < 1e-4, `${i}: ${y[i]} ${value}`);
        });
      }
      const slopes = tf.tidy(() => tf.reshape(tf.cos(tf.range(0, X.length)), SHAPE));
      const loss = () =>
        tf.tidy(() => tf.sum<tf.Scalar>(tf.mul(layer.forward(x as unknown as tf.Tensor4D, true), slopes)));
      assert.ok(gradientError(loss, x, 5) < 2e-2);
      const gamma = weights.parameters[0]?.value;
      assert.ok(gamma && gradientError(loss, gamma) < 2e-2);
      tf.dispose([x, slopes]);
      weights.dispose();
    });

  it('refuses groups that do not divide the channels', () => {
    const weights = new Weights((name) => createRng(1, name));
    assert.throws(
      () => perSampleNorm(weights, 'n', 6, { kind: 'group', groups: 4, epsilon: 1e-5 }),
      /n: 6 channels cannot be split in 4 groups/,
    );
    weights.dispose();
  });
});
