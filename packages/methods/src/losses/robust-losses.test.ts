import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { gradientError } from '../testing/gradient.ts';
import { softCrossEntropy } from '../train/soft-cross-entropy.ts';
import { forwardCorrected } from './forward-corrected.ts';
import { generalisedCrossEntropy, meanAbsoluteError } from './generalised-cross-entropy.ts';
import { smallLoss } from './small-loss.ts';
import { softBootstrap } from './soft-bootstrap.ts';

const LOGITS = [
  [2, -1, 0.5],
  [0, 3, -4],
  [0.3, 0.2, 0.1],
  [-2, 1, 4],
];
const LABELS = [2, 1, 0, 0];
const MATRIX = [
  [0.7, 0.2, 0.1],
  [0.05, 0.9, 0.05],
  [0, 0.4, 0.6],
];
const IDENTITY = [0, 1, 2].map((y) => [0, 1, 2].map((j) => (j === y ? 1 : 0)));

const probabilities = (row: readonly number[]): number[] => {
  const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
  return row.map((z) => Math.exp(z) / total);
};
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const perSample = (of: (p: number[], label: number) => number): number[] =>
  LOGITS.map((row, i) => of(probabilities(row), LABELS[i] as number));
const at = (values: readonly number[], i: number): number => values[i] as number;

const CROSS_ENTROPIES = perSample((p, y) => -Math.log(at(p, y)));

type Loss = (logits: tf.Tensor2D, oneHot: tf.Tensor2D) => tf.Scalar;
const oneHot = (): tf.Tensor2D => tf.tensor2d(LABELS.map((label) => [0, 1, 2].map((k) => (k === label ? 1 : 0))));
const lossOf = (loss: Loss): number => tf.tidy(() => loss(tf.tensor2d(LOGITS), oneHot()).dataSync()[0] as number);
const forward =
  (matrix: number[][]): Loss =>
  (logits, targets) =>
    forwardCorrected(logits, targets, tf.tensor2d(matrix));

const CASES: [string, Loss, number][] = [
  [
    'generalised cross-entropy',
    (z, t) => generalisedCrossEntropy(z, t, 0.7),
    mean(perSample((p, y) => (1 - at(p, y) ** 0.7) / 0.7)),
  ],
  [
    'mean absolute error',
    meanAbsoluteError,
    mean(perSample((p, y) => p.reduce((s, q, k) => s + Math.abs(q - (k === y ? 1 : 0)), 0))),
  ],
  [
    'forward correction',
    forward(MATRIX),
    mean(perSample((p, y) => -Math.log(p.reduce((s, q, k) => s + q * at(MATRIX[k] ?? [], y), 0)))),
  ],
  [
    'soft bootstrapping',
    (z, t) => softBootstrap(z, t, 0.8),
    mean(perSample((p, y) => -p.reduce((s, q, k) => s + (0.8 * (k === y ? 1 : 0) + 0.2 * q) * Math.log(q), 0))),
  ],
  ['small loss', (z, t) => smallLoss(z, t, 2), mean(CROSS_ENTROPIES.toSorted((a, b) => a - b).slice(0, 2))],
];

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => assert.equal(tf.memory().numTensors, before));

for (const [name, loss, byHand] of CASES)
  describe(name, () => {
    it('matches the formula in double precision', () => assert.ok(Math.abs(lossOf(loss) - byHand) < 1e-5));

    it('has the gradient that finite differences give', () => {
      const logits = tf.tidy(() => tf.variable(tf.tensor2d(LOGITS)));
      const targets = oneHot();
      assert.ok(gradientError(() => loss(logits as unknown as tf.Tensor2D, targets), logits) < 1e-2);
      tf.dispose([logits, targets]);
    });
  });

describe('losses at their limits', () => {
  const crossEntropy = lossOf(softCrossEntropy);
  const near = (a: number, b: number, tolerance = 1e-5) => assert.ok(Math.abs(a - b) < tolerance, `${a} ${b}`);

  it('are cross-entropy: q towards 0, Q = I, beta = 1, all samples kept', () => {
    near(
      lossOf((z, t) => generalisedCrossEntropy(z, t, 1e-3)),
      crossEntropy,
      0.01,
    );
    near(lossOf(forward(IDENTITY)), crossEntropy);
    near(
      lossOf((z, t) => softBootstrap(z, t, 1)),
      crossEntropy,
    );
    near(
      lossOf((z, t) => smallLoss(z, t, 4)),
      crossEntropy,
    );
  });

  it('are half of the mean absolute error at q = 1', () =>
    near(2 * lossOf((z, t) => generalisedCrossEntropy(z, t, 1)), lossOf(meanAbsoluteError)));

  it('keep exactly as many samples as asked for, also of equal losses', () => {
    const same = tf.tidy(() => {
      const logits = tf.variable(tf.zeros<tf.Rank.R2>([5, 3]));
      const targets = tf.tensor2d([0, 1, 2, 0, 1].map((label) => [0, 1, 2].map((k) => (k === label ? 1 : 0))));
      const { value, grads } = tf.variableGrads(
        () => smallLoss(logits as unknown as tf.Tensor2D, targets, 2),
        [logits],
      );
      const gradient = Object.values(grads)[0] as tf.Tensor2D;
      const rows = (gradient.arraySync() as number[][]).map((row) => row.some((g) => g !== 0));
      logits.dispose();
      return { rows, value: value.dataSync()[0] as number };
    });
    assert.deepEqual(same.rows, [true, true, false, false, false]);
    near(same.value, Math.log(3));
  });

  it('have the gradient p^q (p - e) of generalised cross-entropy', () => {
    const slope = tf.grad((z) => generalisedCrossEntropy(z as tf.Tensor2D, oneHot(), 0.7));
    const gradient = tf.tidy(() => slope(tf.tensor2d(LOGITS)).arraySync()) as number[][];
    LOGITS.forEach((row, i) => {
      const p = probabilities(row);
      const y = LABELS[i] as number;
      p.forEach((q, k) => {
        near(at(gradient[i] ?? [], k), (at(p, y) ** 0.7 * (q - (k === y ? 1 : 0))) / LOGITS.length);
      });
    });
  });
});
