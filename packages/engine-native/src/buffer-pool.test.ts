import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BufferPool } from './buffer-pool.ts';

const newPool = (maxFreeBytes = Number.POSITIVE_INFINITY) =>
  new BufferPool((length) => new Float32Array(length), maxFreeBytes);

describe('BufferPool', () => {
  it('hands out a returned array of the same length again', () => {
    const pool = newPool();
    const array = pool.take(10);
    pool.give(array);
    assert.notEqual(pool.take(11), array);
    assert.equal(pool.take(10), array);
    assert.equal(pool.counters().allocations, 2);
  });

  it('counts lent and free bytes', () => {
    const pool = newPool();
    const [a, b] = [pool.take(10), pool.take(20)];
    pool.give(a);
    assert.deepEqual(pool.counters(), { freeBytes: 40, lentBytes: 80, allocations: 2 });
    pool.abandon(b);
    assert.deepEqual(pool.counters(), { freeBytes: 40, lentBytes: 0, allocations: 2 });
  });

  it('drops the least recently used sizes above its bound', () => {
    const pool = newPool(100);
    const [old, recent] = [pool.take(15), pool.take(16)];
    pool.give(old);
    pool.give(recent);
    assert.equal(pool.counters().freeBytes, 64);
    assert.equal(pool.take(16), recent);
    assert.notEqual(pool.take(15), old);
  });

  it('holds nothing after a trim', () => {
    const pool = newPool();
    for (const array of [pool.take(3), pool.take(3), pool.take(4)]) pool.give(array);
    pool.trim();
    assert.equal(pool.counters().freeBytes, 0);
  });
});
