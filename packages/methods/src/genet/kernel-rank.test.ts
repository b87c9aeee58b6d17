import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Matrix } from 'ml-matrix';
import type { StoredTensor } from '../method.ts';
import { createRng } from '../random/create-rng.ts';
import { effectiveRank, kernelMatrix, kernelRanks, rankCsv, rankTrend } from './kernel-rank.ts';

const rng = (name: string) => createRng(5, name);
const gaussian = (rows: number, columns: number, name: string): Matrix => {
  const values = new Float64Array(rows * columns);
  rng(name).fillNormal(values);
  return Matrix.from1DArray(rows, columns, values);
};
const tensor = (name: string, shape: number[], data?: Float32Array): StoredTensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = data ?? new Float32Array(size);
  if (data === undefined) rng(name).fillNormal(values);
  return { name, dtype: 'float32', shape, data: values };
};

describe('effectiveRank', () => {
  for (const rank of [1, 3, 7])
    it(`is at most ${rank} of 12 for a product of that rank, and that where its values are alike`, () => {
      const product = gaussian(12, rank, 'left').mmul(gaussian(rank, 40, 'right'));
      assert.ok(effectiveRank(product).share <= rank / 12 + 1e-12);
      const { share, entropy } = effectiveRank(Matrix.eye(12, 12).subMatrix(0, 11, 0, rank - 1));
      assert.equal(share, 1); // all that its shape allows
      assert.ok(Math.abs(entropy - 1) < 1e-9);
      const padded = Matrix.zeros(12, 12);
      for (let i = 0; i < rank; i += 1) padded.set(i, i, 2);
      assert.ok(Math.abs(effectiveRank(padded).share - rank / 12) < 1e-12);
      assert.ok(Math.abs(effectiveRank(padded).entropy - rank / 12) < 1e-9);
    });

  it('does not change with the scale, nor by transposing', () => {
    const matrix = gaussian(8, 20, 'scale');
    const one = effectiveRank(matrix);
    for (const other of [Matrix.mul(matrix, 1e-3), matrix.transpose()]) {
      const two = effectiveRank(other);
      assert.equal(two.share, one.share);
      assert.ok(Math.abs(two.entropy - one.entropy) < 1e-9);
    }
  });

  it('is zero for zeros', () => assert.deepEqual(effectiveRank(Matrix.zeros(3, 4)), { share: 0, entropy: 0 }));
});

describe('kernels', () => {
  it('become matrices with a row per output channel', () => {
    const matrix = kernelMatrix(tensor('k', [1, 2, 1, 3], Float32Array.of(1, 2, 3, 4, 5, 6)));
    assert.deepEqual(matrix.to2DArray(), [
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    assert.throws(() => kernelMatrix(tensor('head/kernel', [3, 4])), /head\/kernel is of shape/);
  });

  it('count if they are full: no pointwise, depth-wise or linear ones', () => {
    const tensors = [
      tensor('unit-1/conv-1/kernel', [3, 3, 1, 8]),
      tensor('unit-1/conv-1-norm/gamma', [8]),
      tensor('unit-2/conv-1/kernel', [1, 1, 8, 24]),
      tensor('unit-2/conv-2/kernel', [3, 3, 24, 1]),
      tensor('unit-2/conv-2-norm/gamma', [24]),
      tensor('unit-3/conv-1/kernel', [3, 3, 8, 16]),
      tensor('unit-3/conv-1-norm/gamma', [16]),
      tensor('head/kernel', [16, 10]),
    ];
    const ranks = kernelRanks(tensors, rng);
    assert.deepEqual(
      ranks.map(({ kernel, rows, columns }) => [kernel, rows, columns]),
      [
        ['unit-1/conv-1/kernel', 8, 9],
        ['unit-3/conv-1/kernel', 16, 72],
      ],
    );
    // random kernels are as their controls
    for (const { rank, control } of ranks) assert.ok(Math.abs(rank.share - control.share) < 0.2);
    assert.equal(rankCsv(ranks).trim().split('\n').length, 3);
    assert.deepEqual(kernelRanks(tensors, rng), ranks);
  });

  it('have a trend below zero where ranks fall', () => {
    const falling = [1, 0.8, 0.5, 0.4].map((share, i) => ({
      kernel: `${i}`,
      rows: 8,
      columns: 9,
      rank: { share, entropy: share },
      control: { share: 0.9, entropy: 0.9 },
    }));
    assert.equal(rankTrend(falling), -1);
    assert.equal(rankTrend(falling.slice(0, 1)), null);
  });
});
