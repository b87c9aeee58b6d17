import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LocalBuckets, refilled } from './token-bucket.ts';

describe('refilled', () => {
  it('gains in proportion to time, up to the size', () => {
    assert.equal(refilled(0, 60, 1000), 1);
    assert.equal(refilled(0, 600, 30_000), 300);
    assert.equal(refilled(50, 60, 3_600_000), 60);
    assert.equal(refilled(5, 60, -1000), 5);
  });
});

describe('LocalBuckets', () => {
  it('allows a burst of the size, then as many as flow in', () => {
    const buckets = new LocalBuckets();
    const take = (nowMs: number) => buckets.take([{ name: 'a', perMinute: 60 }], nowMs).isAllowed;
    const burst = Array.from({ length: 61 }, () => take(0));
    assert.deepEqual([burst.filter(Boolean).length, burst.at(-1)], [60, false]);
    assert.deepEqual([take(999), take(1000), take(1000)], [false, true, false]);
  });

  it('takes from no bucket when one of them is empty', () => {
    const buckets = new LocalBuckets();
    const small = { name: 'small', perMinute: 1 };
    const large = { name: 'large', perMinute: 10 };
    assert.deepEqual(buckets.take([small, large], 0), { isAllowed: true, left: [0, 9] });
    assert.deepEqual(buckets.take([small, large], 0), { isAllowed: false, left: [0, 9] });
    assert.deepEqual(buckets.take([large], 0), { isAllowed: true, left: [8] });
  });
});
