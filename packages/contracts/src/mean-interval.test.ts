import assert from 'node:assert/strict';
import { it } from 'node:test';
import { meanInterval, studentT975 } from './mean-interval.ts';

it('knows the quantiles of Student that tables print', () => {
  for (const [degrees, quantile] of [
    [1, 12.706],
    [4, 2.776],
    [11, 2.201],
    [20, 2.086],
    [60, 2.0],
    [120, 1.98],
  ] as const)
    assert.ok(Math.abs(studentT975(degrees) - quantile) < 6e-4, `${degrees}: ${studentT975(degrees)}`);
});

it('gives mean, spread and interval of a sample', () => {
  const { n, mean, sd, lo, hi } = meanInterval([2, 4, 4, 6]);
  assert.deepEqual([n, mean], [4, 4]);
  assert.ok(Math.abs((sd ?? 0) - 1.632993) < 1e-6);
  assert.ok(Math.abs((lo ?? 0) - 1.401543) < 1e-4 && Math.abs((hi ?? 0) - 6.598457) < 1e-4);
});

it('tells nothing that the sample cannot say', () => {
  assert.deepEqual(meanInterval([]), { n: 0, mean: null, sd: null, lo: null, hi: null });
  assert.deepEqual(meanInterval([3]), { n: 1, mean: 3, sd: null, lo: null, hi: null });
});
