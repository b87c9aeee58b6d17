import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SeriesView } from '@crucible/contracts';
import { curveOf, extendCurve, missingPoints } from './curve.ts';

const seriesOf = (count: number, lastStep: number): SeriesView => ({
  key: 'train/loss',
  count,
  firstStep: 0,
  lastStep,
  lastValue: 1,
  min: 0,
  max: 1,
  nonFinite: 0,
});
const points = (steps: number[], values: (number | 'NaN')[]) => ({
  key: 'train/loss',
  total: steps.length,
  steps,
  values,
});

describe('missingPoints', () => {
  const curve = curveOf(points([1, 2], [3, 4]), seriesOf(2, 2));

  it('reads a new curve whole, an old one from its end, and a still one not at all', () => {
    assert.equal(missingPoints(undefined, seriesOf(2, 2)), 'all');
    assert.deepEqual(missingPoints(curve, seriesOf(3, 5)), { afterStep: 2 });
    assert.equal(missingPoints(curve, seriesOf(2, 2)), 'nothing');
  });

  it('reads everything again when an attempt took a step back', () => {
    assert.equal(missingPoints(curve, seriesOf(1, 1)), 'all');
    assert.equal(missingPoints(curve, seriesOf(2, 3)), 'all');
  });
});

describe('extendCurve', () => {
  it('draws what is not finite as a gap', () => {
    const curve = extendCurve(
      curveOf(points([1], ['NaN']), seriesOf(1, 1)),
      points([2, 3], [5, 'NaN']),
      seriesOf(3, 3),
    );
    assert.deepEqual([curve.steps, curve.values, curve.lo], [[1, 2, 3], [null, 5, null], null]);
  });

  it('keeps the band of a thinned curve as long as the curve', () => {
    const thinned = curveOf({ ...points([10, 20], [1, 2]), lo: [0, 1], hi: [2, 3] }, seriesOf(20, 20));
    const curve = extendCurve(thinned, points([21], [4]), seriesOf(21, 21));
    assert.deepEqual(
      [curve.lo, curve.hi],
      [
        [0, 1, 4],
        [2, 3, 4],
      ],
    );
  });
});
