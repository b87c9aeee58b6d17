import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import { smoothedTargets } from '../train/soft-cross-entropy.ts';
import { corruptLabels } from './corrupt-labels.ts';
import { flipSmallestMargins, marginsOf } from './instance-noise.ts';
import { hasMajority, labelCounts, matrixSlack, type TransitionMatrix, transitionMatrix } from './transition-matrix.ts';

const CLASSES = 10;
const CLEAN = (() => {
  const rng = createRng(1, 'clean');
  return Int32Array.from({ length: 4000 }, () => rng.below(CLASSES));
})();
const GIVEN = [
  [0.8, 0.2, 0],
  [0.1, 0.6, 0.3],
  [0.05, 0.05, 0.9],
];
const matrixOf = (kind: 'symmetric' | 'pair' | 'near', rate: number, lookAlikes: number[] | null = null) =>
  transitionMatrix(
    kind === 'near' ? { kind, rates: [], count: 'bernoulli', lookAlikes } : { kind, rates: [], count: 'bernoulli' },
    CLASSES,
    rate,
  );
const corrupt = (clean: Int32Array, matrix: TransitionMatrix, count: 'bernoulli' | 'exact' = 'bernoulli', seed = 5) =>
  corruptLabels(clean, matrix, { count, flip: createRng(seed, 'flip'), replacement: createRng(seed, 'replacement') });
const flips = (observed: Int32Array, clean = CLEAN): number[] =>
  [...clean.keys()].filter((i) => observed[i] !== clean[i]);

describe('transitionMatrix', () => {
  it('has rows of probabilities, with the rate off the diagonal', () => {
    for (const kind of ['symmetric', 'pair', 'near'] as const)
      for (const rate of [0, 0.3, 0.8])
        for (const [y, row] of matrixOf(kind, rate).entries()) {
          assert.ok(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-12);
          assert.ok(row.every((p) => p >= 0));
          assert.equal(row[y], 1 - rate);
        }
    assert.equal(matrixOf('near', 0.3)[0]?.[6], 0.3);
    assert.equal(matrixOf('pair', 0.3)[9]?.[0], 0.3);
  });

  it('knows when the clean label is the most frequent one', () => {
    assert.ok(hasMajority(matrixOf('symmetric', 0.89)) && !hasMajority(matrixOf('symmetric', 0.9)));
    assert.ok(hasMajority(matrixOf('pair', 0.49)) && !hasMajority(matrixOf('pair', 0.5)));
  });

  it('refuses a list or a matrix of another number of classes', () => {
    assert.throws(() => matrixOf('near', 0.1, [1, 0]), /2 entries, the dataset 10 classes/);
    assert.throws(
      () => transitionMatrix({ kind: 'matrix', matrix: GIVEN, count: 'exact' }, CLASSES, 0),
      /3 rows, the dataset 10 classes/,
    );
  });
});

describe('corruptLabels', () => {
  it('changes nothing at rate 0', () => assert.deepEqual(corrupt(CLEAN, matrixOf('symmetric', 0)), CLEAN));

  it('flips the planned share, to other classes only, as the matrix says', () => {
    for (const kind of ['symmetric', 'pair', 'near'] as const) {
      const matrix = matrixOf(kind, 0.3);
      const observed = corrupt(CLEAN, matrix);
      const error = Math.sqrt((0.3 * 0.7) / CLEAN.length);
      assert.ok(Math.abs(flips(observed).length / CLEAN.length - 0.3) < 4 * error);
      const counts = labelCounts({ clean: CLEAN, observed }, CLASSES);
      assert.ok(matrixSlack(counts, matrix) > 0);
      assert.ok(matrixSlack(counts, matrixOf(kind, 0.45)) < 0, 'labels of another plan are noticed');
    }
  });

  it('follows any matrix', () => {
    const clean = CLEAN.map((y) => y % 3);
    const counts = labelCounts({ clean, observed: corrupt(clean, GIVEN) }, 3);
    assert.ok(matrixSlack(counts, GIVEN) > 0);
    assert.equal(counts[0]?.[2], 0);
  });

  it('flips at a higher rate what it flips at a lower one, to the same classes', () => {
    for (const count of ['bernoulli', 'exact'] as const) {
      const [low, high] = [0.2, 0.5].map((rate) => corrupt(CLEAN, matrixOf('symmetric', rate), count));
      assert.ok(low && high);
      const both = flips(low);
      assert.ok(both.length > 0);
      for (const i of both) assert.equal(high[i], low[i]);
    }
  });

  it('flips exactly the rounded share of every class if asked to', () => {
    const observed = corrupt(CLEAN, matrixOf('symmetric', 0.37), 'exact');
    labelCounts({ clean: CLEAN, observed }, CLASSES).forEach((row, y) => {
      const total = row.reduce((sum, count) => sum + count, 0);
      assert.equal(total - (row[y] as number), Math.round(0.37 * total));
    });
  });
});

describe('noise as label smoothing in expectation', () => {
  const rate = 0.4;
  const theta = (rate * CLASSES) / (CLASSES - 1);

  it('has the smoothed target for its mean one, exactly', () => {
    const matrix = matrixOf('symmetric', rate);
    const targets = smoothedTargets(
      Int32Array.from({ length: CLASSES }, (_, y) => y),
      CLASSES,
      theta,
    );
    for (let y = 0; y < CLASSES; y++)
      for (let j = 0; j < CLASSES; j++)
        assert.ok(Math.abs((matrix[y]?.[j] as number) - (targets[y * CLASSES + j] as number)) < 1e-7);
  });

  it('has it within four standard errors over draws, with the trace of the covariance that theory gives', () => {
    const draws = 2000;
    const clean = Int32Array.of(3);
    const sum = new Float64Array(CLASSES);
    for (let seed = 0; seed < draws; seed++) {
      const label = corrupt(clean, matrixOf('symmetric', rate), 'bernoulli', seed)[0] as number;
      sum[label] = (sum[label] as number) + 1;
    }
    const targets = smoothedTargets(clean, CLASSES, theta);
    let trace = 0;
    sum.forEach((count, k) => {
      const [target, share] = [targets[k] as number, count / draws];
      trace += share * (1 - share);
      assert.ok(Math.abs(share - target) < 4 * Math.sqrt((target * (1 - target)) / draws));
    });
    assert.ok(Math.abs(trace - (1 - (1 - rate) ** 2 - rate ** 2 / (CLASSES - 1))) < 0.02);
  });
});

describe('instance-dependent noise', () => {
  it('flips the samples with the smallest margins to their runner-up', () => {
    const logits = Float32Array.of(5, 1, 0, /* */ 0, 2, 1.5, /* */ 1, 0, 3, /* */ 4, 4, 0);
    const clean = Int32Array.of(0, 1, 0, 1);
    const margins = marginsOf(logits, clean, 3);
    assert.deepEqual([...margins.margin], [4, 0.5, -2, 0]);
    assert.deepEqual([...margins.runnerUp], [1, 2, 2, 0]);
    assert.deepEqual([...flipSmallestMargins(clean, margins, 0)], [0, 1, 0, 1]);
    assert.deepEqual([...flipSmallestMargins(clean, margins, 0.5)], [0, 1, 2, 0]);
    assert.deepEqual([...flipSmallestMargins(clean, margins, 0.8)], [0, 2, 2, 0]);
  });
});
