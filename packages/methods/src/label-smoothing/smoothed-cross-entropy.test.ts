import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../random/create-rng.ts';
import { gradientError } from '../testing/gradient.ts';
import { smoothedCrossEntropy } from './smoothed-cross-entropy.ts';

const [B, K] = [6, 5];
const rng = createRng(2, 'logits');
const logits = Array.from({ length: B }, () => Array.from({ length: K }, () => 2 * rng.normal()));
const labels = Int32Array.from({ length: B }, () => rng.below(K));
/** Rows of a soft label that is not uniform. */
const soft = logits.map(() => {
  const row = Array.from({ length: K }, () => rng.uniform());
  const sum = row.reduce((a, b) => a + b, 0);
  return row.map((p) => p / sum);
});

type Rows = readonly (readonly number[])[];
const target = (b: number, k: number, s: number, given: Rows | null): number =>
  (labels[b] === k ? 1 - s : 0) + s * (given?.[b]?.[k] ?? 1 / K);
const probsOf = (row: readonly number[]): number[] => {
  const sum = row.reduce((total, z) => total + Math.exp(z), 0);
  return row.map((z) => Math.exp(z) / sum);
};
const byHand = (s: number, given: Rows | null): number =>
  -logits.reduce(
    (sum, row, b) => sum + probsOf(row).reduce((inner, p, k) => inner + target(b, k, s, given) * Math.log(p), 0),
    0,
  ) / B;

const tensorOf = (rows: Rows | null) => (rows === null ? null : tf.tensor2d(rows.map((row) => [...row])));
const loss = (z: tf.Tensor2D, s: number, given: Rows | null, ys = labels): tf.Scalar =>
  tf.tidy(() => smoothedCrossEntropy(z, ys, s, tensorOf(given)).loss);
const lossAt = (s: number, given: Rows | null): number =>
  tf.tidy(() => loss(tf.tensor2d(logits), s, given).dataSync()[0] as number);
const gradientOf = (s: number, given: Rows | null, z = logits, ys = labels): number[][] =>
  tf.tidy(
    () =>
      tf
        .grad((x) => loss(x as tf.Tensor2D, s, given, ys))(tf.tensor2d(z))
        .arraySync() as number[][],
  );
const near = (a: number, b: number, tolerance = 1e-6) => assert.ok(Math.abs(a - b) <= tolerance, `${a} ${b}`);

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

describe('smoothedCrossEntropy', () => {
  for (const given of [null, soft])
    for (const s of [0, 0.1, 0.4, 0.95])
      it(`is the cross-entropy against the blend at ${s}, soft label ${given === null ? 'uniform' : 'given'}`, () => {
        near(lossAt(s, given), byHand(s, given), 1e-5);
        // the gradient in the logits is probability less target, and sums to zero
        gradientOf(s, given).forEach((row, b) => {
          const probs = probsOf(logits[b] as number[]);
          row.forEach((g, k) => {
            near(g, ((probs[k] as number) - target(b, k, s, given)) / B);
          });
          near(
            row.reduce((sum, g) => sum + g, 0),
            0,
          );
        });
      });

  it('is affine in the smoothing, gradient and value', () => {
    const [hard, soft1] = [gradientOf(0, soft), gradientOf(0.9, soft)];
    gradientOf(0.45, soft).forEach((row, b) => {
      row.forEach((g, k) => {
        near(g, ((hard[b]?.[k] ?? 0) + (soft1[b]?.[k] ?? 0)) / 2);
      });
    });
  });

  it('is never below the entropy of the smoothed label, and reaches it there', () => {
    for (const [s, entropy] of [
      [0.1, 0.5003],
      [0.4, 1.4444],
    ] as const) {
      const onLabel = 1 - s + s / 10;
      const gap = Math.log(onLabel / (s / 10));
      const best = tf.tidy(
        () =>
          smoothedCrossEntropy(
            tf.tensor2d([[gap, ...new Array(9).fill(0)]]),
            Int32Array.of(0),
            s,
            null,
          ).loss.dataSync()[0],
      );
      near(best as number, entropy, 1e-4);
    }
  });

  it('does not know one class from another', () => {
    const turned = logits.map((row) => row.map((_z, k) => row[(k + 2) % K] as number));
    const ys = labels.map((y) => (y - 2 + K) % K);
    const moved = tf.tidy(() => loss(tf.tensor2d(turned), 0.3, null, ys).dataSync()[0] as number);
    near(moved, lossAt(0.3, null), 1e-5);
  });

  it('does not depend on the smoothing where the soft label is the label', () => {
    const own = Array.from(labels, (y) => Array.from({ length: K }, (_, k) => (k === y ? 1 : 0)));
    near(lossAt(0.7, own), lossAt(0, null), 1e-5);
  });

  it('has the gradient that finite differences give', () => {
    const z = tf.tidy(() => tf.variable(tf.tensor2d(logits)));
    assert.ok(gradientError(() => loss(z as unknown as tf.Tensor2D, 0.3, soft), z) < 1e-2);
    z.dispose();
  });
});
