import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Slot } from '@crucible/contracts';
import { createSlotPool } from './slot-pool.ts';

const slots: Slot[] = [0, 1, 2].map((index) => ({ index, kind: 'gpu', model: 'test', memoryMib: null }));
const indices = (taken: readonly Slot[] | null) => taken?.map(({ index }) => index);

describe('a slot pool', () => {
  it('gives each slot to one holder, the lowest first, and freed ones to who waits', async () => {
    const pool = createSlotPool(slots);
    const one = await pool.reserve(1);
    const two = await pool.reserve(2);
    assert.deepEqual([indices(one), indices(two), pool.busy], [[0], [1, 2], 3]);
    const waiting = pool.reserve(1);
    pool.release(two ?? []);
    assert.deepEqual(indices(await waiting), [1]);
    assert.equal(pool.busy, 2);
  });

  it('serves who asked first, also when a later one would fit', async () => {
    const pool = createSlotPool(slots);
    const first = await pool.reserve(2);
    const wide = pool.reserve(3);
    const narrow = pool.reserve(1);
    pool.release(first ?? []);
    const all = await wide;
    assert.deepEqual(indices(all), [0, 1, 2]);
    pool.release(all ?? []);
    assert.deepEqual(indices(await narrow), [0]);
  });

  it('refuses more than it has', async () => {
    await assert.rejects(createSlotPool(slots).reserve(4), /the worker has 3/);
  });

  it('answers null once it is closed, also to who waits', async () => {
    const pool = createSlotPool(slots.slice(0, 1));
    await pool.reserve(1);
    const waiting = pool.reserve(1);
    pool.close();
    assert.equal(await waiting, null);
    assert.equal(await pool.reserve(1), null);
  });
});
