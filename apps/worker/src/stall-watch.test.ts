import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { createStallWatch } from './stall-watch.ts';

describe('a stall watch', () => {
  let stalls: number[] = [];
  const watchOf = (limit: number | null) => createStallWatch(limit, (seconds) => stalls.push(seconds));
  beforeEach(() => {
    stalls = [];
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  it('tells of a pause that is longer than the limit, once', () => {
    const watch = watchOf(10);
    mock.timers.tick(9000);
    watch.moved();
    mock.timers.tick(10_000);
    assert.deepEqual(stalls, []);
    mock.timers.tick(1000);
    assert.deepEqual(stalls, [10]);
    mock.timers.tick(60_000);
    assert.deepEqual(stalls, [10]);
  });

  it('takes a move that was only read late for one', () => {
    const watch = watchOf(10);
    mock.timers.tick(10_000);
    watch.moved();
    mock.timers.tick(10_999);
    assert.deepEqual(stalls, []);
    watch.close();
    mock.timers.tick(60_000);
    assert.deepEqual(stalls, []);
  });

  it('has patience with a child that was told to wait, and with one that has no limit', () => {
    const watch = watchOf(10);
    watch.hold(true);
    mock.timers.tick(3_600_000);
    watch.hold(false);
    mock.timers.tick(10_000);
    mock.timers.tick(999);
    assert.deepEqual(stalls, []);
    mock.timers.tick(1);
    assert.deepEqual(stalls, [10]);
    watchOf(null);
    mock.timers.tick(3_600_000);
    assert.deepEqual(stalls, [10]);
  });
});
