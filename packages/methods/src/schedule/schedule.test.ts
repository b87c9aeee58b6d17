import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constantSchedule, cosineSchedule, stepSchedule, withWarmup } from './schedule.ts';

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} ${expected}`);

describe('schedules', () => {
  it('stay, or fall by a factor at each milestone', () => {
    assert.deepEqual([0, 5, 1e6].map(constantSchedule(0.3)), [0.3, 0.3, 0.3]);
    const schedule = stepSchedule(1, [3, 5], 0.5);
    assert.deepEqual([0, 1, 2, 3, 4, 5, 99].map(schedule), [1, 1, 1, 0.5, 0.5, 0.25, 0.25]);
    assert.deepEqual([0, 9].map(stepSchedule(2, [], 0.1)), [2, 2]);
  });

  it('follow half a cosine between peak and floor', () => {
    const schedule = cosineSchedule(0.8, 16, 0.2);
    close(schedule(0), 0.8);
    close(schedule(8), 0.5);
    close(schedule(4), 0.2 + 0.6 * Math.cos(Math.PI / 8) ** 2);
    close(schedule(16), 0.2);
    close(schedule(40), 0.2);
    for (let step = 0; step < 16; step++) assert.ok(schedule(step) > schedule(step + 1));
  });

  it('rise linearly before they begin, and begin where the rise ends', () => {
    const schedule = withWarmup(cosineSchedule(0.8, 16), 4);
    assert.deepEqual([0, 1, 2, 3, 4].map(schedule), [0.2, 0.4, (0.8 * 3) / 4, 0.8, 0.8]);
    close(schedule(12), 0.4);
    assert.equal(schedule(20), 0);
    assert.equal(withWarmup(cosineSchedule(0.3, 10), 0)(0), 0.3);
  });
});
