import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METHODS } from '@crucible/contracts';
import { keyMetric, keyResult } from './key-metric.ts';

const { metrics } = METHODS['zen-nas'];

describe('keyMetric', () => {
  it('follows a search by its best score and its training by the accuracy on the test split', () => {
    const reported = new Set(['search/mean', 'search/best', 'search/scored']);
    assert.equal(keyMetric(metrics, (name) => reported.has(name))?.name, 'search/best');
    reported.add('train/loss').add('test/loss').add('test/accuracy');
    assert.equal(keyMetric(metrics, (name) => reported.has(name))?.name, 'test/accuracy');
  });

  it('is null while nothing is reported', () =>
    assert.equal(
      keyMetric(metrics, () => false),
      null,
    ));
});

describe('keyResult', () => {
  it('finds the metric in the summary, else the first number', () => {
    const summary = { structure: 'x', score: 41.5, testAccuracy: 0.92 };
    assert.deepEqual(keyResult(metrics, summary), { name: 'test/accuracy', value: 0.92, unit: 'fraction' });
    assert.deepEqual(keyResult(metrics, { ...summary, testAccuracy: null }), { name: 'score', value: 41.5, unit: '' });
    assert.equal(keyResult(metrics, null), null);
  });
});
