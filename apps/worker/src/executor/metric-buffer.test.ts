import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MetricPoint } from '@crucible/contracts';
import { createMetricBuffer } from './metric-buffer.ts';

const point = (step: number): MetricPoint => ({ key: 'train/loss', step, value: 1, timeMs: 0 });

describe('a metric buffer', () => {
  it('sends in order: when full, when old, and when asked', () => {
    const sent: MetricPoint[][] = [];
    let now = 0;
    const buffer = createMetricBuffer(
      (points) => sent.push(points),
      () => now,
    );
    for (let step = 0; step < 501; step++) buffer.add([point(step)]);
    assert.deepEqual(
      sent.map(({ length }) => length),
      [500],
    );
    now = 249;
    buffer.flushIfOld();
    assert.equal(sent.length, 1);
    now = 250;
    buffer.flushIfOld();
    assert.deepEqual(sent[1], [point(500)]);
    buffer.flush(); // nothing waits, nothing is sent
    buffer.add([point(501)]);
    buffer.flush();
    assert.deepEqual(sent[2], [point(501)]);
    assert.equal(sent.length, 3);
  });
});
