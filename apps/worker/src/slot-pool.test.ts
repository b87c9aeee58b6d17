import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Slot } from '@crucible/contracts';
import { createSlotPool } from './slot-pool.ts';

const slots: Slot[] = [0, 1].map((index) => ({ index, kind: 'gpu', model: 'GPU', memoryMib: null }));

describe('a slot pool', () => {
  it('gives each slot to one holder and a freed one to who waits', async () => {
    const pool = createSlotPool(slots);
    const [first, second] = [await pool.reserve(), await pool.reserve()];
    assert.deepEqual([first?.index, second?.index, pool.busy], [0, 1, 2]);
    const waiting = pool.reserve();
    pool.release(slots[1] as Slot);
    assert.equal((await waiting)?.index, 1);
    assert.equal(pool.busy, 2);
    pool.release(slots[0] as Slot);
    assert.equal(pool.busy, 1);
  });

  it('gives nothing once it is closed', async () => {
    const pool = createSlotPool(slots.slice(0, 1));
    await pool.reserve();
    const waiting = pool.reserve();
    pool.close();
    assert.equal(await waiting, null);
    assert.equal(await pool.reserve(), null);
  });
});
