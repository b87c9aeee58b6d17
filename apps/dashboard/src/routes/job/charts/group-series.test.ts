import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METHODS } from '@crucible/contracts';
import { groupSeries } from './group-series.ts';

describe('groupSeries', () => {
  it('draws a search as its readers expect', () => {
    const groups = groupSeries(METHODS['zen-nas'].metrics).map(({ title, metrics }) => [
      title,
      metrics.map(({ name }) => name).join(' '),
    ]);
    assert.deepEqual(groups, [
      ['search', 'search/best search/mean search/worst'],
      ['search/candidates-per-second', 'search/candidates-per-second'],
      ['search/scored', 'search/scored'],
      [
        'search/rejected',
        'search/rejected-depth search/rejected-params search/rejected-flops search/rejected-latency search/rejected-activations search/rejected-duplicate search/rejected-non-finite',
      ],
      ['loss', 'train/loss test/loss validation/loss'],
      ['accuracy', 'train/accuracy test/accuracy validation/accuracy'],
      ['learning-rate', 'train/learning-rate'],
      ['train/samples-per-second', 'train/samples-per-second'],
    ]);
  });

  it('lets the charts of one training move together, apart from those of the search', () => {
    const sections = groupSeries(METHODS['zen-nas'].metrics).map(({ section }) => section);
    assert.deepEqual([...new Set(sections)], ['search', 'training']);
  });

  it('never puts two units on one axis', () => {
    for (const method of Object.values(METHODS))
      for (const { unit, metrics } of groupSeries(method.metrics))
        assert.ok(metrics.every((metric) => metric.unit === unit));
  });
});
