import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bucketOfPoint, mergeBuckets } from './metric-bucket.ts';
import { thinCurve } from './thin-curve.ts';

const pointsOf = (values: readonly number[]) => values.map((value, step) => bucketOfPoint(step, value));

/** Buckets of `size` points each. */
const bucketsOf = (values: readonly number[], size: number) => {
  const points = pointsOf(values);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) =>
    mergeBuckets(points.slice(i * size, (i + 1) * size)),
  ).flatMap((bucket) => bucket ?? []);
};

const wave = Array.from({ length: 6400 }, (_, i) => Math.sin(i / 90) + ((i * 7919) % 101) / 500);

describe('thinCurve', () => {
  it('leaves a curve alone that fits', () =>
    assert.deepEqual(thinCurve(pointsOf([1, Number.NaN, 3]), 3), { steps: [0, 1, 2], values: [1, Number.NaN, 3] }));

  for (const size of [1, 64])
    it(`gives real points, both ends and both extremes from buckets of ${size}`, () => {
      const values = [...wave];
      values[1234] = 9;
      values[4321] = -9;
      for (const maxPoints of [4, 5, 50, 300]) {
        const { steps, values: shown } = thinCurve(bucketsOf(values, size), maxPoints);
        assert.equal(steps.length, maxPoints);
        assert.deepEqual(
          shown,
          steps.map((step) => values[step]),
        );
        assert.deepEqual([steps[0], steps.at(-1)], [0, values.length - 1]);
        assert.ok(steps.includes(1234) && steps.includes(4321));
        assert.deepEqual(
          steps,
          [...new Set(steps)].sort((a, b) => a - b),
        );
      }
    });

  it('bounds with lo and hi every point that was left out', () => {
    const { steps, lo = [], hi = [] } = thinCurve(bucketsOf(wave, 64), 50);
    for (const [i, step] of steps.entries()) {
      const between = wave.slice((steps[i - 1] ?? -1) + 1, step + 1);
      assert.ok((lo[i] ?? 9) <= Math.min(...between) && (hi[i] ?? -9) >= Math.max(...between));
    }
  });

  it('keeps a corner that evenly spaced points would cut', () => {
    const corner = Array.from({ length: 1000 }, (_, i) => (i < 503 ? 0 : i - 503));
    const { steps } = thinCurve(pointsOf(corner), 10);
    assert.ok(steps.some((step) => Math.abs(step - 503) < 25));
  });

  it('shows a stretch without finite values as a gap of its own', () => {
    const values = [...wave];
    values.fill(Number.NaN, 2000, 4000);
    values[100] = Number.POSITIVE_INFINITY;
    const { steps, values: shown, lo = [], hi = [] } = thinCurve(bucketsOf(values, 64), 50);
    const inGap = steps.flatMap((step, i) => (step < 3936 && (steps[i - 1] ?? 0) > 2064 ? [i] : []));
    assert.ok(inGap.length > 5);
    for (const i of inGap) assert.deepEqual([shown[i], lo[i], hi[i]], [Number.NaN, null, null]);
    assert.ok(!shown.includes(Number.POSITIVE_INFINITY));
  });
});
