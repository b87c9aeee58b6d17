import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bucketOfPoint } from './metric-bucket.ts';
import { onGrid, stepGrid } from './metric-grid.ts';

it('spreads whole steps evenly, and no more than there are', () => {
  assert.deepEqual(stepGrid(0, 100, 5), [0, 25, 50, 75, 100]);
  assert.deepEqual(stepGrid(3, 5, 500), [3, 4, 5]);
  assert.deepEqual(stepGrid(7, 7, 10), [7]);
  assert.deepEqual(stepGrid(8, 7, 10), []);
});

it('carries a value on for one cell and no further', () => {
  const points = [
    [0, 1],
    [9, 2],
    [10, 3],
    [21, 4],
  ].map(([step = 0, value = 0]) => bucketOfPoint(step, value));
  assert.deepEqual(onGrid(points, [0, 10, 20, 30, 40]), [1, 3, 3, 4, Number.NaN]);
});

it('has nothing before the first point', () =>
  assert.deepEqual(onGrid([bucketOfPoint(15, 1)], [0, 10, 20]), [Number.NaN, Number.NaN, 1]));
